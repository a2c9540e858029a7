import { pascal } from './answer-facts.ts'
import type { FieldFacts, MethodFacts, SideFacts } from './facts.ts'
import { sentencesOf } from './words.ts'

/**
 * TypeScript types of methods: an interface for each request and response, one for each structure, and
 * the words that make `callByName` of the client know them. The values are those that the client takes
 * and gives.
 *
 * @param head what made them, for the comment at the top
 */
export function typescriptOf(methods: readonly MethodFacts[], head: string): string {
  const named = namesFor(methods)
  const blocks = methods.flatMap((facts) => methodTypes(facts, named))
  const written = new Set<string>()
  for (const { request, response } of methods) {
    for (const [side, { structures }] of [
      ['sent', request],
      ['answered', response],
    ] as const) {
      for (const [key, fields] of Object.entries(structures)) {
        const name = named.structure(side, key)
        if (written.has(name)) continue
        written.add(name)
        blocks.push(interfaceOf(name, fields, side, named))
      }
    }
  }
  const usesFiles = methods.some(({ request }) =>
    request.fields.some(({ type }) => type === 'File'),
  )
  return [
    comment([head]),
    // Without an import there is no module to merge into.
    "import type {} from 'localtop/client'\n",
    ...(usesFiles ? ["import type { TopFile } from 'localtop/contracts'\n"] : []),
    ...blocks,
    merged(methods, named),
  ].join('\n')
}

type Side = 'sent' | 'answered'

interface Names {
  request(method: string): string
  response(method: string): string
  structure(side: Side, key: string): string
}

/** Names that a file of types uses itself. */
const reserved = ['TopFile', 'Record', 'MethodTypes']

/** A name for each method and structure: its own where nothing else of the file has it, else a longer one. */
function namesFor(methods: readonly MethodFacts[]): Names {
  const taken = new Set(reserved)
  const names = new Map<string, string>()
  for (const { name } of methods) {
    names.set(`request ${name}`, free(`${identifier(name)}Request`))
    names.set(`response ${name}`, free(`${identifier(name)}Response`))
  }
  for (const { request, response } of methods) {
    name('answered', response, '')
    name('sent', request, 'Input')
  }
  return {
    request: (method) => names.get(`request ${method}`) as string,
    response: (method) => names.get(`response ${method}`) as string,
    structure: (side, key) => names.get(`${side} ${key}`) as string,
  }

  function name(side: Side, { structures }: SideFacts, ending: string) {
    for (const key of Object.keys(structures)) {
      if (names.has(`${side} ${key}`)) continue
      const [type = '', ...method] = key.split('@')
      const short = identifier(type.replace(/\.own\d*$/, '')) + ending
      names.set(
        `${side} ${key}`,
        taken.has(short) && method.length > 0
          ? free(`${short}Of${pascal(method.join('.'))}`)
          : free(short),
      )
    }
  }

  function free(wanted: string): string {
    let found = wanted
    for (let at = 2; taken.has(found); at++) found = `${wanted}${at}`
    taken.add(found)
    return found
  }
}

const identifier = (name: string) => pascal(name).replace(/^(?=\P{L}|$)/u, '_')

function methodTypes(facts: MethodFacts, named: Names): string[] {
  const { name, summary, group, tier, session, request, response, requiredUnknown } = facts
  const about = [
    ...(summary === undefined ? [] : [summary]),
    `${name} (${group}), session: ${session}, answered as ${tier}.`,
    ...(requiredUnknown ? ['Nobody knows which of the parameters are required.'] : []),
  ]
  const isRequestKnown = tier !== 'name-only'
  const isAnswerKnown = isRequestKnown && tier !== 'request-only'
  return [
    isRequestKnown
      ? interfaceOf(named.request(name), request.fields, 'parameters', named, about)
      : `${comment([...about, 'Nobody knows its parameters.'])}export type ${named.request(name)} = Readonly<Record<string, unknown>>\n`,
    isAnswerKnown
      ? interfaceOf(named.response(name), response.fields, 'answered', named, [
          `What ${name} answers below ${facts.root}; which fields there are depends on the call.`,
        ])
      : `${comment([`Nobody knows what ${name} answers.`])}export type ${named.response(name)} = Record<string, unknown>\n`,
  ]
}

function interfaceOf(
  name: string,
  fields: readonly FieldFacts[],
  place: Side | 'parameters',
  named: Names,
  about: readonly string[] = [],
): string {
  const members = fields.map((field) => member(field, place, named)).join('')
  const body = members === '' ? '{}' : `{\n${members}}`
  return `${about.length > 0 ? comment(about) : ''}export interface ${name} ${body}\n`
}

function member(field: FieldFacts, place: Side | 'parameters', named: Names): string {
  const { name, required, removed } = field
  const optional = place === 'answered' || !required ? '?' : ''
  const key = /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) ? name : quoted(name)
  const said = [...sentencesOf(field), ...(removed ? ['@deprecated'] : [])]
  return `${said.length > 0 ? comment(said, '  ') : ''}  ${key}${optional}: ${typeOf(field, place, named)}\n`
}

function typeOf(field: FieldFacts, place: Side | 'parameters', named: Names): string {
  const { list, structure, element = '' } = field
  const one =
    structure === undefined
      ? scalarOf(field, place)
      : named.structure(place === 'answered' ? 'answered' : 'sent', structure)
  const several = one.includes(' ') ? `(${one})` : one
  switch (list) {
    case undefined:
      return one
    case 'wrapped':
      return `{ ${/^\w+$/.test(element) && !/^\d/.test(element) ? element : quoted(element)}: ${several}[] }`
    case 'either':
      return `readonly ${several}[] | ${one}`
    default:
      return `readonly ${several}[]`
  }
}

function scalarOf({ type, limits }: FieldFacts, place: Side | 'parameters'): string {
  if (limits?.oneOf) return limits.oneOf.map(quoted).join(' | ')
  switch (type) {
    case 'Number':
      return 'number'
    case 'Long':
    case 'Decimal':
      return 'number | string'
    case 'Boolean':
      return 'boolean'
    case 'File':
      return 'TopFile'
    case 'Any':
    case 'Structure':
      return place === 'parameters' ? 'string' : 'unknown'
    default:
      return 'string'
  }
}

const quoted = (text: string) =>
  `'${text.replaceAll(/[\\']/g, String.raw`\$&`).replaceAll('\n', String.raw`\n`)}'`

/** A documentation comment that nothing in it can end. */
function comment(sentences: readonly string[], indent = ''): string {
  const lines = sentences.map((text) => text.replaceAll(/\s+/g, ' ').replaceAll('*/', '*\\/'))
  return lines.length === 1
    ? `${indent}/** ${lines[0]} */\n`
    : `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`
}

function merged(methods: readonly MethodFacts[], named: Names): string {
  const lines = methods.map(
    ({ name }) =>
      `    ${quoted(name)}: { request: ${named.request(name)}; response: ${named.response(name)} }\n`,
  )
  return `declare module 'localtop/client' {\n  interface MethodTypes {\n${lines.join('')}  }\n}\n`
}
