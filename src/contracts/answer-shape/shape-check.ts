import type { XmlElement } from '../protocol/read-xml.ts'
import { parseTime } from '../protocol/timestamp.ts'
import type { WireShape } from '../protocol/wire-shape.ts'
import { below, type Mismatch, mismatch } from './mismatch.ts'
import { isObject } from './read-body.ts'

type ValueType = Extract<WireShape, { kind: 'value' }>['type']

const isText = (value: unknown) => typeof value === 'string'

/** What each type must look like in JSON and, as text, in XML. Types that are not settled may be anything. */
const rules: Partial<
  Record<
    ValueType,
    { readonly words: string; readonly json: (value: unknown) => boolean; readonly xml: RegExp }
  >
> = {
  Text: { words: 'a text', json: isText, xml: /^/ },
  Json: { words: 'a text that holds JSON', json: isText, xml: /^/ },
  Number: { words: 'a whole number', json: Number.isInteger, xml: /^-?\d+$/ },
  Long: { words: 'a whole number', json: Number.isInteger, xml: /^-?\d+$/ },
  Id: { words: 'an identifier, as number', json: Number.isInteger, xml: /^-?\d+$/ },
  Boolean: {
    words: 'true or false, no text',
    json: (value) => typeof value === 'boolean',
    xml: /^(true|false)$/,
  },
  Price: {
    words: 'a price with two decimals, as text',
    json: (value) => isText(value) && /^\d+\.\d{2}$/.test(value as string),
    xml: /^\d+\.\d{2}$/,
  },
  Date: {
    words: 'yyyy-MM-dd HH:mm:ss',
    json: (value) => isText(value) && parseTime(value as string) !== undefined,
    xml: /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/,
  },
}

/** Holds JSON against a shape. Fields that the shape does not know are nobody's business: platforms grow. */
export function checkJson(
  value: unknown,
  shape: WireShape,
  path: string,
  simplify = false,
): Mismatch[] {
  switch (shape.kind) {
    case 'value': {
      const rule = rules[shape.type]
      return !rule || rule.json(value) ? [] : [mismatch(path, rule.words, value)]
    }
    case 'object':
      if (!isObject(value)) return [mismatch(path, 'an object', value)]
      return Object.entries(value).flatMap(([name, one]) => {
        const inner = shape.fields.get(name)
        return inner ? checkJson(one, inner, below(path, name), simplify) : []
      })
    case 'list': {
      const names = isObject(value) ? Object.keys(value) : undefined
      const isWrapped = names?.length === 1 && names[0] === shape.element
      if (!simplify && !isWrapped) {
        return [mismatch(path, `a list below "${shape.element}" and nothing else`, value)]
      }
      const at = simplify ? path : below(path, shape.element)
      const elements = simplify ? value : (value as Record<string, unknown>)[shape.element]
      if (!Array.isArray(elements)) return [mismatch(at, 'a list', elements)]
      return elements.flatMap((one, index) => checkJson(one, shape.of, below(at, index), simplify))
    }
  }
}

/** Holds an element against a shape. */
export function checkXml(element: XmlElement, shape: WireShape, path: string): Mismatch[] {
  switch (shape.kind) {
    case 'value': {
      const rule = rules[shape.type]
      return !rule || rule.xml.test(element.text) ? [] : [mismatch(path, rule.words, element.text)]
    }
    case 'object': {
      const seen = new Set<string>()
      return element.children.flatMap((child) => {
        const at = below(path, child.name)
        const twice = seen.has(child.name)
          ? [mismatch(at, 'one element of this name', 'several')]
          : []
        seen.add(child.name)
        const inner = shape.fields.get(child.name)
        return inner ? [...twice, ...checkXml(child, inner, at)] : twice
      })
    }
    case 'list': {
      const marked = /\slist="true"/.test(element.attributes)
        ? []
        : [mismatch(path, 'the attribute list="true"', element.attributes.trim())]
      return [
        ...marked,
        ...element.children.flatMap((child, index) =>
          child.name === shape.element
            ? checkXml(child, shape.of, below(path, index))
            : [mismatch(below(path, index), `an element <${shape.element}>`, `<${child.name}>`)],
        ),
      ]
    }
  }
}

/** An element as JSON has it, every value a text, so that one place names the same in both. */
export function plainOf(element: XmlElement, shape: WireShape): unknown {
  if (shape.kind === 'value') return element.text
  if (shape.kind === 'list') {
    return { [shape.element]: element.children.map((child) => plainOf(child, shape.of)) }
  }
  return Object.fromEntries(
    element.children.map((child) => {
      const inner = shape.fields.get(child.name)
      return [child.name, inner ? plainOf(child, inner) : child.text]
    }),
  )
}

/** The fields of a structure, or of each element of a list of them. */
export function structureIn(shape: WireShape): ReadonlyMap<string, WireShape> | undefined {
  if (shape.kind === 'list') return structureIn(shape.of)
  return shape.kind === 'object' ? shape.fields : undefined
}
