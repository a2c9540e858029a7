import * as z from 'zod'
import type { AnyContract } from '../define-method.ts'
import { sampleAnswer, sampleRequest } from '../documents/sample.ts'
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
    repeatable: /\.(get|search|query|list|count|check)$/.test(name),
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
