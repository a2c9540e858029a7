import type * as z from 'zod'
import type { AnyContract } from './define-method.ts'
import { parsing, shapeOfAnswer } from './define-method.ts'
import type { WireShape } from './protocol/wire-shape.ts'

/** What is wrong with an answer, by its place. */
export interface AnswerProblem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/**
 * Holds an answer that somebody wrote against the method's contract: fields of another type, and fields
 * that the method does not have. A method whose response nobody knows takes any.
 */
export function problemsOfAnswer(contract: AnyContract, answer: object): AnswerProblem[] {
  const { tier = 'stateful' } = contract
  if (tier === 'request-only' || tier === 'name-only') return []
  const unknown = unknownFields(answer, shapeOfAnswer(contract))
  if (unknown.length > 0) return unknown
  const checked: z.ZodSafeParseResult<unknown> = contract.response.safeParse(
    answer,
    parsing(contract),
  )
  return checked.success
    ? []
    : checked.error.issues.map(({ path, message }) => ({
        path: path.map((part) => (typeof part === 'number' ? part : String(part))),
        message,
      }))
}

function unknownFields(
  value: unknown,
  shape: WireShape,
  path: readonly (string | number)[] = [],
): AnswerProblem[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) {
    return value.flatMap((one, at) => unknownFields(one, shape, [...path, at]))
  }
  if (shape.kind === 'value') return []
  return Object.entries(value).flatMap(([name, part]) => {
    if (shape.kind === 'list' && name === shape.element) {
      return unknownFields(part, shape.of, [...path, name])
    }
    const below = shape.kind === 'object' ? shape.fields.get(name) : undefined
    if (below) return unknownFields(part, below, [...path, name])
    const expected =
      shape.kind === 'list'
        ? `"${shape.element}"`
        : [...shape.fields.keys()].slice(0, 12).join(', ')
    return [
      { path: [...path, name], message: `the method has no such field here; expected ${expected}` },
    ]
  })
}
