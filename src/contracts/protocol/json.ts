import { type Behaviour, observed } from '../fidelity.ts'
import { elementsOf, type WireShape } from './wire-shape.ts'

/**
 * Writes a response as the platform does: compact, identifiers as bare numbers (exact beyond 2^53,
 * which `JSON.stringify` cannot do), absent and `null` fields and empty lists left out.
 */
export function writeJson(value: unknown, shape: WireShape, simplify = false): string {
  switch (shape.kind) {
    case 'object': {
      let text = ''
      const from = value as Readonly<Record<string, unknown>>
      for (const [name, below] of shape.fields) {
        const field = from[name]
        if (isPresent(field, below)) {
          text += `${text === '' ? '' : ','}"${name}":${writeJson(field, below, simplify)}`
        }
      }
      return `{${text}}`
    }
    case 'list': {
      const elements = elementsOf(value, shape.element)
      const text = `[${elements.map((element) => writeJson(element, shape.of, simplify)).join(',')}]`
      return simplify ? text : `{"${shape.element}":${text}}`
    }
    case 'value':
      return shape.type === 'Id' || shape.type === 'Long' ? String(value) : JSON.stringify(value)
  }
}

/** Whether a field is written at all: the platform leaves out what is null and lists that are empty. */
export function isPresent(value: unknown, shape: WireShape): boolean {
  if (value === undefined || value === null) return false
  return shape.kind !== 'list' || elementsOf(value, shape.element).length > 0
}

/** A whole text or number; texts are matched so that digits inside them are left alone. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

const isUnsafe = (token: string) =>
  /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token))

/**
 * Reads JSON without rounding: whole numbers beyond 2^53 come back as text, which is what identifiers
 * are in our code.
 *
 * @throws SyntaxError as `JSON.parse` does
 */
export function parseJson(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text)
  return JSON.parse(text.replaceAll(tokens, (token) => (isUnsafe(token) ? `"${token}"` : token)))
}

/** How JSON is written. */
export const jsonBehaviours: readonly Behaviour[] = [
  {
    name: 'an empty list is left out, and so are fields without a value',
    ...observed('logged payloads'),
  },
  {
    name: 'an empty text is kept',
    ...observed('logged payloads'),
  },
  {
    name: 'fields come in the order of the contract, alphabetical for items',
    ...observed('logged payloads of 2013; newer products do not keep it'),
  },
  {
    name: 'identifiers are bare numbers, also beyond 2^53; prices are texts',
    ...observed('logged payloads'),
  },
]
