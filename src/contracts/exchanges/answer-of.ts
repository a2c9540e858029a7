import { type Body, readBody } from '../answer-shape/read-body.ts'
import { plainOf } from '../answer-shape/shape-check.ts'
import { type AnyContract, rootOf, shapeOfAnswer } from '../define-method.ts'
import type { ExchangeLine } from './exchange-lines.ts'

type Fields = Readonly<Record<string, unknown>>

/** What a kept answer says. */
export type KeptAnswer =
  | {
      readonly kind: 'success'
      /** `undefined` where the answer is simplified. */
      readonly root: string | undefined
      readonly body: Body
      /** What stands below the root; in XML every value is a text. */
      readonly value: Fields
      readonly simplified: boolean
    }
  | {
      readonly kind: 'error'
      readonly code: string | number
      readonly subCode: string | undefined
      readonly msg: string
    }
  | { readonly kind: 'unreadable'; readonly why: string }
  | { readonly kind: 'none'; readonly why: string }

/** How the journal ends a text that it has cut. */
const cutMark = /… \(\d+ characters\)$/

/** Reads the answer of an exchange in the form in which it came: JSON, simplified JSON, XML. */
export function answerOf(
  { request, response, failure }: ExchangeLine,
  contract: AnyContract | undefined,
): KeptAnswer {
  if (!response) return { kind: 'none', why: failure ?? 'no answer was kept' }
  const text = response.body
  if (cutMark.test(text)) return { kind: 'none', why: 'the answer was not kept whole' }
  if (text === '***') return { kind: 'none', why: 'the answer is a secret' }
  const isXml = text.trimStart().startsWith('<')
  const root = contract && rootOf(contract)
  const simplified =
    !isXml &&
    request?.params.simplify === 'true' &&
    !(root !== undefined && new RegExp(`^\\s*\\{\\s*"${root}"`).test(text))
  const body = readBody(text, isXml ? 'xml' : 'json', simplified)
  if ('path' in body) {
    return { kind: 'unreadable', why: `${body.path}: ${body.expected} expected` }
  }
  if (body.root === 'error_response') return errorIn(body)
  const value =
    body.format === 'json'
      ? body.exact
      : (plainOf(
          body.element,
          contract ? shapeOfAnswer(contract) : { kind: 'object', fields: new Map() },
        ) as Fields)
  return { kind: 'success', root: body.root, body, value, simplified }
}

function errorIn(body: Body): KeptAnswer {
  const parts: Fields =
    body.format === 'json'
      ? body.typed
      : Object.fromEntries(body.element.children.map(({ name, text }) => [name, text]))
  const { code, sub_code, msg } = parts
  return {
    kind: 'error',
    code: typeof code === 'number' ? code : String(code ?? ''),
    subCode: typeof sub_code === 'string' && sub_code !== '' ? sub_code : undefined,
    msg: String(msg ?? ''),
  }
}
