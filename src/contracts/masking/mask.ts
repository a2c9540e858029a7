import { createHmac } from 'node:crypto'
import { unescapedXml } from '../protocol/read-xml.ts'
import { escapeXml } from '../protocol/xml.ts'
import { isSecretName } from '../secret-names.ts'
import { isPersonalName } from './personal-names.ts'

/** Hides what is secret or personal in texts, the same value always behind the same mask. */
export interface Mask {
  /** A parameter by its name; a structure within it by the names there. */
  parameter(name: string, value: string): string
  /** A JSON or XML document, by the names in it. @throws Error where it is neither */
  document(text: string): string
  /** The places where something was masked so far. */
  readonly places: ReadonlySet<string>
}

export interface MaskOptions {
  /** What masks are derived from; forgotten, nobody finds a value by trying. */
  readonly key: string
  /** Values that were masked elsewhere in the same exchange and must not stand in other texts. */
  readonly known?: Map<string, string>
  /** Every text and number is a secret. */
  readonly everything?: boolean
}

const secret = '***'
const isStructure = (text: string) => /^\s*[[{]/.test(text)

/** @example createMask({ key }).parameter('receiver_mobile', '13800001234') // eleven other digits */
export function createMask({ key, known = new Map(), everything = false }: MaskOptions): Mask {
  const places = new Set<string>()

  function hide(value: string, replacement: string, place: string): string {
    places.add(place)
    if (value !== '') known.set(value, replacement)
    return replacement
  }

  /** What a scalar text becomes; itself where there is nothing to hide. */
  function scalar(name: string, within: string, value: string, place: string): string {
    if (everything || isSecretName(name)) return hide(value, secret, place)
    if (isStructure(value)) {
      try {
        return json(value, place)
      } catch {
        // It only looks like one.
      }
    }
    if (isPersonalName(name, within)) return hide(value, alike(value, key), place)
    const scrubbed = scrub(value)
    if (scrubbed !== value) places.add(place)
    return scrubbed
  }

  /** Takes phones, e-mails and known values out of a text about something else. */
  function scrub(text: string): string {
    let result = text.replaceAll(inText, (found) => alike(found, key))
    for (const [value, replacement] of known) {
      if (isTelling(value) && result.includes(value)) {
        result = result.replaceAll(value, replacement)
      }
    }
    return result
  }

  function number(name: string, within: string, token: string, place: string): string {
    const isKnown = /^\d{6,}$/.test(token) && known.has(token)
    if (!everything && !isKnown && !isSecretName(name) && !isPersonalName(name, within)) {
      return token
    }
    places.add(place)
    const replacement = alike(token, key)
    known.set(token, replacement)
    return replacement
  }

  function json(text: string, place: string): string {
    JSON.parse(text)
    const stack: Container[] = []
    return text.replaceAll(jsonTokens, (token) => {
      const top = stack.at(-1)
      switch (token) {
        case '{':
        case '[':
          stack.push(containerIn(top, token, place))
          return token
        case '}':
        case ']':
          stack.pop()
          return token
        case ',':
          if (top?.isObject) top.key = undefined
          return token
        case ':':
          return token
      }
      if (top?.isObject && top.key === undefined) {
        top.key = JSON.parse(token)
        return token
      }
      const name = (top?.isObject ? top.key : top?.name) ?? ''
      const here = top?.isObject ? joined(top.place, name) : (top?.place ?? place)
      const within = top?.isObject ? top.name : (top?.within ?? '')
      if (!token.startsWith('"')) return number(name, within, token, here)
      const value: string = JSON.parse(token)
      const masked = scalar(name, within, value, here)
      return masked === value ? token : JSON.stringify(masked)
    })
  }

  function xml(text: string): string {
    const stack: string[] = []
    return text.replaceAll(xmlTokens, (token, slash?: string, name?: string, rest?: string) => {
      if (token.startsWith('<')) {
        if (name === undefined) return token
        if (slash === '/') stack.pop()
        else if (!rest?.trimEnd().endsWith('/')) stack.push(name)
        return token
      }
      if (stack.length === 0) return token
      const value = unescapedXml(token)
      const masked = scalar(stack.at(-1) ?? '', stack.at(-2) ?? '', value, stack.join('.'))
      return masked === value ? token : escapeXml(masked)
    })
  }

  return {
    places,
    parameter: (name, value) => scalar(name, '', value, name),
    document(text) {
      if (isStructure(text)) return json(text, '')
      if (/^\s*<\?xml/.test(text)) return xml(text)
      throw new Error('neither JSON nor XML')
    },
  }
}

interface Container {
  readonly isObject: boolean
  /** The member whose value it is, or its list is. */
  readonly name: string
  /** The name of the object round it. */
  readonly within: string
  readonly place: string
  key: string | undefined
}

function containerIn(top: Container | undefined, token: string, place: string): Container {
  const isObject = token === '{'
  if (!top) return { isObject, name: '', within: '', place, key: undefined }
  const name = top.isObject ? (top.key ?? '') : top.name
  const at = top.isObject ? joined(top.place, name) : top.place
  return {
    isObject,
    name,
    within: top.isObject ? top.name : top.within,
    place: isObject ? at : `${at}[]`,
    key: undefined,
  }
}

const joined = (place: string, name: string) => (place === '' ? name : `${place}.${name}`)

const jsonTokens = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[{}[\],:]/g
const xmlTokens = /<(\/?)([\w.-]+)([^>]*)>|<[^>]*>|[^<]+/g

/** E-mail addresses, mobile phones and identity numbers in texts that are about something else. */
const inText =
  /[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![\d.])1[3-9]\d{9}(?![\d.])|(?<![\d.])[1-9]\d{5}(?:19|20)\d{9}[\dXx](?![\d.])/g

/** Whether a value in another text is likely the same thing: short ones occur by chance. */
const isTelling = (value: string) =>
  value.length >= 6 || (value.length >= 3 && /\p{Script=Han}/u.test(value))

const han = [...'甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥天地玄黄宇宙洪荒']
const moment = /^\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?$/

/** Another text of the same length and kind: digits for digits, letters for letters, signs as they are. */
function alike(value: string, key: string): string {
  if (moment.test(value)) return '2000-01-01 00:00:00'.slice(0, value.length)
  let bytes: Buffer = Buffer.alloc(0)
  let at = 0
  const next = () => {
    if (at >= bytes.length) {
      bytes = createHmac('sha256', key).update(`${value}\n${at}`).digest()
      at = 0
      // Long texts go on from what came before.
      key = bytes.toString('base64')
    }
    return bytes[at++] as number
  }
  const isMobile = /^1\d{10}$/.test(value)
  let isFirstDigit = true
  return [...value]
    .map((char, place) => {
      if (/\d/.test(char)) {
        const isFirst = isFirstDigit
        isFirstDigit = false
        if (isMobile && place === 0) return '1'
        // A number keeps its number of digits, and 0 is nobody's.
        if (isFirst) return char === '0' ? '0' : String((next() % 9) + 1)
        return String(next() % 10)
      }
      if (/[a-z]/.test(char)) return String.fromCharCode(97 + (next() % 26))
      if (/[A-Z]/.test(char)) return String.fromCharCode(65 + (next() % 26))
      if (/\p{L}/u.test(char)) return han[next() % han.length] as string
      return char
    })
    .join('')
}
