/** An element as a strict reader sees it. */
export interface XmlElement {
  readonly name: string
  readonly attributes: string
  readonly children: readonly XmlElement[]
  readonly text: string
}

// What XML 1.0 allows in a document: no other control characters, no halves of surrogate pairs.
const allowed = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u
const entities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['apos', "'"],
  ['quot', '"'],
])

interface Opened extends XmlElement {
  readonly children: XmlElement[]
  text: string
}

/**
 * Reads a document as far as the platform writes XML: header, elements, texts with the five entities, a
 * comment at the end. Throws at the first thing that no XML parser would let pass.
 */
export function readXml(document: string): XmlElement {
  if (!allowed.test(document)) throw new Error('a character that XML does not allow')
  const body = /^<\?xml version="1\.0" encoding="utf-8" ?\?>(.*?)(<!--(?:(?!--).)*-->)?\s*$/is.exec(
    document,
  )
  if (!body) throw new Error('no XML header')
  const top: Opened = { name: '', attributes: '', children: [], text: '' }
  const open = [top]
  const whole = (body[1] ?? '').replaceAll(
    /<([\w.-]+)((?: [\w.]+="[^"<&]*")*) ?\/>/g,
    '<$1$2></$1>',
  )
  for (const [token] of whole.matchAll(/<[^>]*>?|[^<]+/g)) {
    const here = open.at(-1) as Opened
    const tag = /^<(\/?)([A-Za-z_][\w.-]*)((?: [\w.]+="[^"<&]*")*)>$/.exec(token)
    if (token.startsWith('<') && !tag) throw new Error(`no tag: ${token}`)
    if (!tag) here.text += unescapedXml(token)
    else if (tag[1] === '') {
      open.push({ name: tag[2] as string, attributes: tag[3] as string, children: [], text: '' })
    } else {
      if (here.name !== tag[2]) throw new Error(`</${tag[2]}> closes <${here.name}>`)
      open.pop()
      ;(open.at(-1) as Opened).children.push(here)
    }
  }
  const [root, ...more] = top.children
  if (!root || more.length > 0 || open.length > 1 || top.text.trim() !== '') {
    throw new Error('not exactly one root')
  }
  return root
}

/** A text without its entities. @throws Error for one that XML does not have */
export function unescapedXml(text: string): string {
  return text.replaceAll(/&(#?\w*);?/g, (entity, name: string) => {
    const number = /^#(x?)([\da-f]+)$/i.exec(name)
    const char = !entity.endsWith(';')
      ? undefined
      : number
        ? String.fromCodePoint(Number.parseInt(number[2] as string, number[1] === '' ? 10 : 16))
        : entities.get(name)
    if (char === undefined) throw new Error(`no entity: ${entity}`)
    return char
  })
}

/** An element's children as `name: text`, for those that hold texts. */
export const textsOf = (element: XmlElement): Record<string, string> =>
  Object.fromEntries(element.children.map((child) => [child.name, child.text]))
