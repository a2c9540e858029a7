import * as z from 'zod'
import { type AnyContract, isReading } from '../define-method.ts'
import { sampleAnswer, sampleRequest } from '../documents/sample.ts'
import { assumed, type Behaviour, documented, observed } from '../fidelity.ts'
import type { WireArguments } from '../protocol/scalars.ts'
import type { WireShape } from '../protocol/wire-shape.ts'
import { type MethodRow, tierOfRow } from './row.ts'
import { answerSchema, parameterSchema } from './schemas.ts'
import { shapeOfFields } from './shapes.ts'

/**
 * The contract of a method of the catalogue. Its schemas are made when somebody asks for them: a refused
 * call needs none.
 */
export function compileRow(row: MethodRow): AnyContract {
  const { name, session, params = [], fields = [] } = row
  const required = row.requiredUnknown
    ? []
    : params.filter((one) => one.required).map((one) => one.name)
  let request: AnyContract['request'] | undefined
  let response: AnyContract['response'] | undefined
  let shape: WireShape | undefined
  let example: AnyContract['example'] | undefined
  return {
    name,
    summary: `${row.group}: ${name}`,
    session: session === 'unknown' ? 'optional' : session,
    repeatable: isReading(name),
    get request() {
      request ??= z.object(
        Object.fromEntries(
          params.map((one) => {
            const schema = parameterSchema(one)
            return [one.name, required.includes(one.name) ? schema : schema.optional()]
          }),
        ),
      )
      return request
    },
    get response() {
      // Of an answer that nobody knows, nothing is to be lost.
      response ??= row.fields ? answerSchema(fields) : z.looseObject({})
      return response
    },
    get shape() {
      shape ??= shapeOfFields(fields)
      return shape
    },
    sample: (options) => sampleAnswer(row, options),
    errors: {},
    profiles: { guide: { required }, production: { required } },
    get example() {
      example ??= textsOf(sampleRequest(row))
      return example
    },
    source: row.source,
    tier: tierOfRow(row),
    ...(row.root !== undefined && { root: row.root }),
  }
}

const textsOf = (sent: WireArguments) =>
  Object.fromEntries(
    Object.entries(sent).filter((one): one is [string, string] => typeof one[1] === 'string'),
  )

/** What the gateway assumes of methods that nobody has written a contract for. */
export const catalogueBehaviours: readonly Behaviour[] = [
  {
    name: 'names, parameters, required flags and limits of a method are those of the newest document or SDK that shows them',
    ...documented("the platform's directory of 2026-05-16, its documents and official SDKs"),
  },
  {
    name: 'a method without a handler answers a sample: names, examples and types of its fields decide',
    ...assumed('the shape is documented, the values are ours'),
  },
  {
    name: 'a sample says that all went well: fields that name an error are left out',
    ...assumed('clients take their presence for a failure'),
  },
  {
    name: 'a method whose answer nobody knows answers an empty root',
    ...assumed('anything else would be made up'),
  },
  {
    name: 'a method known by its name only takes any parameters',
    ...assumed('its parameters are not public'),
  },
  {
    name: 'a session is demanded of a method that official SDKs call with one',
    ...observed('official SDKs; they do not say whether it may be left out'),
  },
  {
    name: 'where nobody knows whether a method needs a session, it is called with or without',
    ...assumed('the public data carries no label for most methods'),
  },
]
