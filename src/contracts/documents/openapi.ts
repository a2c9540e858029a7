import { systemParameters } from '../protocol/parameters.ts'
import type { FieldFacts, MethodFacts } from './facts.ts'
import {
  answeredStructure,
  type JsonSchema,
  parametersSchema,
  type RefOf,
  rootSchema,
  type SchemaOf,
  sentStructure,
} from './json-schema.ts'

/**
 * An OpenAPI 3.1 document of methods as JSON, in pieces: all methods together are tens of megabytes, and
 * nobody has to hold them at once. Each method and each component is on a line of its own.
 *
 * @example
 * [...openApiText([factsOf('taobao.trade.get')])].join('')
 */
export function* openApiText(
  methods: Iterable<MethodFacts>,
  { version, server }: OpenApiOptions,
): Generator<string> {
  const components = new Map<string, readonly [fields: readonly FieldFacts[], SchemaOf]>()
  yield `{"openapi":"3.1.0",\n"info":${JSON.stringify(infoOf(version))},\n`
  yield `"servers":${JSON.stringify([{ url: server }])},\n"paths":{`
  let separator = '\n'
  for (const facts of methods) {
    for (const [key, fields] of Object.entries(facts.request.structures)) {
      components.set(sentName(key), [fields, sentStructure])
    }
    for (const [key, fields] of Object.entries(facts.response.structures)) {
      components.set(componentName(key), [fields, answeredStructure])
    }
    components.set(parametersName(facts.name), [facts.request.fields, parametersSchema])
    yield `${separator}${JSON.stringify(pathOf(facts.name))}:${JSON.stringify({ post: operation(facts) })}`
    separator = ',\n'
  }
  yield `\n},\n"components":{\n"securitySchemes":${JSON.stringify(securitySchemes)},\n"schemas":{`
  yield `\n"SystemParameters":${JSON.stringify(systemSchema)},\n"ErrorResponse":${JSON.stringify(errorSchema)}`
  for (const [name, [fields, schemaOf]] of [...components].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const refOf = schemaOf === answeredStructure ? answeredRef : sentRef
    yield `,\n${JSON.stringify(name)}:${JSON.stringify(schemaOf(fields, refOf))}`
  }
  yield '\n}}}\n'
}

export interface OpenApiOptions {
  /** Of LocalTOP, which made the document. */
  readonly version: string
  /** Where the gateway is: `http://127.0.0.1:7070`. */
  readonly server: string
}

/** All methods have one address; what stands behind `#` is not sent and only keeps the paths apart. */
const pathOf = (method: string) => `/router/rest#${method}`

const infoOf = (version: string) => ({
  title: 'Taobao Open Platform',
  version,
  description: [
    'Written by LocalTOP from what is known of the platform; it is no document of the platform itself.',
    'All methods are called at /router/rest, and the parameter method says which. OpenAPI wants paths to differ, so each has its method behind a #, which no HTTP client sends.',
    'Parameters may also stand in the query. Send format=json for the answers described here. Errors come with HTTP status 200.',
  ].join('\n\n'),
})

/** What a component may be called: letters, digits, `.`, `_`, `-`. */
const componentName = (key: string) => key.replaceAll(/[^\w.-]/g, '.')
/** A structure of a request has plain arrays where one of an answer has wrapped lists. */
const sentName = (key: string) => `${componentName(key)}.sent`
const parametersName = (method: string) => `${componentName(method)}.parameters`
const parametersRef = (method: string) => ({
  $ref: `#/components/schemas/${parametersName(method)}`,
})
const answeredRef: RefOf = (key) => `#/components/schemas/${componentName(key)}`
const sentRef: RefOf = (key) => `#/components/schemas/${sentName(key)}`

function operation(facts: MethodFacts): JsonSchema {
  const { name, group, status, session, request, requiredUnknown, tier, level } = facts
  const body = {
    schema: {
      allOf: [
        { $ref: '#/components/schemas/SystemParameters' },
        { type: 'object', properties: { method: { const: name } } },
        parametersRef(name),
      ],
    },
    ...encodingOf(request.fields),
  }
  const hasFile = request.fields.some(({ type }) => type === 'File')
  const notes = [
    facts.summary,
    `Session: ${session}${session === 'unknown' ? ' (taken with and without)' : ''}; ${facts.sessionBasis}.${level ? ` Security level ${level}.` : ''}`,
    `LocalTOP answers it as ${tier}.`,
    requiredUnknown && 'Nobody knows which of the parameters are required.',
    status === 'removed' && 'The platform has taken the method out of its documents.',
    status === 'sdk-only' && 'Seen in SDKs only.',
  ]
  return {
    operationId: name,
    tags: [group],
    ...(status === 'removed' && { deprecated: true }),
    description: notes.filter((note) => typeof note === 'string').join('\n\n'),
    security: securityOf(session),
    requestBody: {
      required: true,
      content: {
        // A file travels in multipart only; everything else in either.
        ...(!(hasFile && request.fields.some(isNeededFile)) && {
          'application/x-www-form-urlencoded': body,
        }),
        'multipart/form-data': body,
      },
    },
    responses: {
      '200': {
        description: 'The answer, or the refusal.',
        content: {
          'application/json': {
            schema: {
              oneOf: [
                rootSchema(facts, answeredRef),
                { $ref: '#/components/schemas/ErrorResponse' },
              ],
            },
          },
        },
      },
    },
    'x-localtop-tier': tier,
  }
}

const isNeededFile = ({ type, required, requiredIn }: FieldFacts) =>
  type === 'File' && (required === true || requiredIn !== undefined)

/** How lists and structures are written into the form. */
function encodingOf(fields: readonly FieldFacts[]): JsonSchema {
  const encoding: Record<string, JsonSchema> = {}
  for (const { name, list, structure } of fields) {
    if (structure !== undefined) encoding[name] = { contentType: 'application/json' }
    else if (list === 'commas') encoding[name] = { style: 'form', explode: false }
  }
  return Object.keys(encoding).length > 0 ? { encoding } : {}
}

const withSession = { app_key: [], sign: [], session: [] }
const withoutSession = { app_key: [], sign: [] }
function securityOf(session: MethodFacts['session']): JsonSchema[] {
  if (session === 'required') return [withSession]
  return session === 'none' ? [withoutSession] : [withoutSession, withSession]
}

const inQuery = (name: string, description: string) => ({
  type: 'apiKey',
  in: 'query',
  name,
  description,
})
const securitySchemes = {
  app_key: inQuery('app_key', `${systemParameters.app_key.summary}; in the form as well`),
  sign: inQuery(
    'sign',
    `${systemParameters.sign.summary}: sorted by name, name and value of each joined without separators. md5: the secret in front and behind, then MD5; hmac and hmac-sha256: keyed with the secret`,
  ),
  session: inQuery(
    'session',
    `${systemParameters.session.summary}; it comes from /authorize and /token`,
  ),
}

const forms: Readonly<Record<string, JsonSchema>> = {
  v: { const: '2.0' },
  format: { enum: ['json', 'xml'], default: 'xml' },
  sign_method: { enum: ['md5', 'hmac', 'hmac-sha256'] },
  simplify: { enum: ['true', 'false'] },
}

/** Parameters of every call, in the query or in the form. */
const systemSchema = {
  type: 'object',
  description: 'The system parameters, in the query or in the form.',
  properties: Object.fromEntries(
    Object.entries(systemParameters).map(([name, { summary }]) => [
      name,
      { type: 'string', ...forms[name], description: summary },
    ]),
  ),
  required: Object.entries(systemParameters).flatMap(([name, { required }]) =>
    required ? [name] : [],
  ),
}

const errorSchema = {
  type: 'object',
  required: ['error_response'],
  properties: {
    error_response: {
      type: 'object',
      required: ['code', 'msg'],
      properties: {
        code: {
          type: ['integer', 'string'],
          description: 'The platform writes numbers, the guide profile of LocalTOP some names.',
        },
        msg: { type: 'string' },
        sub_code: {
          type: 'string',
          description: 'isv.*: the mistake of the caller; isp.*: trouble of the platform.',
        },
        sub_msg: { type: 'string' },
        request_id: { type: 'string' },
      },
    },
  },
}
