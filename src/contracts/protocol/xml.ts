import { assumed, type Behaviour, observed } from '../fidelity.ts'
import { isPresent } from './json.ts'
import { elementsOf, type WireShape } from './wire-shape.ts'

const header = '<?xml version="1.0" encoding="utf-8" ?>'
/** The machine that a live answer names in its last comment; ours says what it is. */
const footer = '<!--top127000000001.localtop-->'

/** Wraps an inner text into the document that the platform sends: one line, host comment last. */
export const xmlDocument = (root: string, inner: string) =>
  `${header}<${root}>${inner}</${root}>${footer}`

/** Writes a response's fields as elements; lists carry `list="true"`. */
export function writeXml(value: unknown, shape: WireShape): string {
  switch (shape.kind) {
    case 'object': {
      let text = ''
      const from = value as Readonly<Record<string, unknown>>
      for (const [name, below] of shape.fields) {
        const field = from[name]
        if (!isPresent(field, below)) continue
        text += `<${name}${below.kind === 'list' ? ' list="true"' : ''}>${writeXml(field, below)}</${name}>`
      }
      return text
    }
    case 'list': {
      const elements = elementsOf(value, shape.element)
      return elements
        .map((element) => xmlElement(shape.element, writeXml(element, shape.of)))
        .join('')
    }
    case 'value':
      return escapeXml(typeof value === 'object' ? JSON.stringify(value) : String(value))
  }
}

export const xmlElement = (name: string, inner: string) => `<${name}>${inner}</${name}>`

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
// XML 1.0 has no way to write most control characters; they are dropped rather than break the document.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unwritable = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g

export function escapeXml(text: string): string {
  return text.replaceAll(/[&<>]/g, (char) => escapes[char] ?? char).replaceAll(unwritable, '')
}

/** How XML is written. */
export const xmlBehaviours: readonly Behaviour[] = [
  {
    name: 'an XML answer ends with a comment that names the machine',
    ...observed('logged payloads; the name is ours'),
  },
  {
    name: 'lists carry list="true" in XML',
    ...observed('logged payloads; documentation samples omit it'),
  },
  {
    name: 'control characters that XML cannot hold are dropped',
    ...assumed('an answer that no parser reads would be worse'),
  },
]
