import { describe, expect, it } from 'vitest'
import {
  advisories,
  decodeArguments,
  encodeArguments,
  missingArgument,
  unknownArguments,
} from '../../src/contracts/arguments.ts'
import { elementName, type Field, type Parameter } from '../../src/contracts/catalogue/row.ts'
import { fieldsOf, findRow } from '../../src/contracts/catalogue/rows.ts'
import { type AnyContract, requiredParameters, rootOf } from '../../src/contracts/define-method.ts'
import { itemAdd, itemUpdate } from '../../src/contracts/methods/item.ts'
import { profileNames } from '../../src/contracts/profile.ts'
import { platformErrors } from '../../src/contracts/protocol/error-table.ts'
import type { TopFile, WireArguments, WireType } from '../../src/contracts/protocol/scalars.ts'
import { metaOf, shapeOf, type WireShape } from '../../src/contracts/protocol/wire-shape.ts'
import { findMethod, methods, tierOf } from '../../src/contracts/registry.ts'

/** What the platform's documents list of the methods that have a hand-written contract. */
const listed = Object.keys(methods).map((name) => {
  const row = findRow(name)
  if (!row) throw new Error(`the catalogue lacks ${name}`)
  return { ...row, params: row.params ?? [], fields: row.fields ?? [] }
})

const contractOf = ({ name }: { name: string }) => findMethod(name) as AnyContract

const parameters = listed.flatMap((method) =>
  method.params.map((param) => ({
    method: method.name,
    parameter: param.name,
    param,
    contract: contractOf(method),
  })),
)

const file = (size: number): TopFile => ({
  fileName: 'a.jpg',
  contentType: 'image/jpeg',
  bytes: new Uint8Array(size),
})

/** The name of the parameter that a contract refuses for this value, or `undefined`. */
function refused(contract: AnyContract, name: string, value: string | TopFile): string | undefined {
  const result = decodeArguments(contract, { [name]: value })
  return 'issues' in result ? result.issues[0]?.parameter : undefined
}

describe.each(listed)('$name', (method) => {
  const contract = contractOf(method)

  it('knows every parameter that the catalogue lists', () => {
    const listed = method.params.map(({ name }) => name)
    expect(Object.keys(contract.request.shape)).toEqual(expect.arrayContaining(listed))
  })

  it('knows no parameter that the catalogue does not list', () => {
    const listed = method.params.map(({ name }) => name)
    expect(listed).toEqual(expect.arrayContaining(Object.keys(contract.request.shape)))
  })

  it('demands in production what the catalogue says is required, and nothing more', () => {
    const required = method.params.filter((param) => param.required && !param.removed)
    expect([...requiredParameters(contract, 'production')].sort()).toEqual(
      required.map(({ name }) => name).sort(),
    )
  })

  it('wants a session where the catalogue says so', () => {
    // Where nobody knows, what the method does says it: all of those here are about a seller's own things.
    const ofSellers = method.name.startsWith('taobao.item')
    const expected = method.session === 'unknown' && ofSellers ? 'required' : method.session
    expect(contract.session).toBe(expected === 'unknown' ? 'none' : expected)
  })

  it('takes a call with all the parameters of the catalogue at once', () => {
    const sent = Object.fromEntries(method.params.map((param) => [param.name, plain(param)]))
    expect(decodeArguments(contract, sent)).not.toHaveProperty('issues')
  })

  it('writes what it has read as it was sent', () => {
    const sent = Object.fromEntries(method.params.map((param) => [param.name, plain(param)]))
    const read = decodeArguments(contract, sent)
    const written = 'request' in read ? encodeArguments(contract, read.request) : read
    // 10.5 yuan comes back as 10.50.
    const yuan = (value: string | TopFile) =>
      typeof value === 'string' && /^\d+\.\d$/.test(value) ? `${value}0` : value
    const normal = Object.entries(sent).map(([name, value]) => [name, yuan(value)])
    expect(written).toEqual({ sent: Object.fromEntries(normal) })
  })

  it('takes its own example, and finds nothing missing in it', () => {
    expect(decodeArguments(contract, contract.example)).not.toHaveProperty('issues')
    for (const profile of profileNames) {
      expect(missingArgument(contract, profile, contract.example)).toBeUndefined()
    }
  })

  it('answers every field that the catalogue lists, as it says', () => {
    expect(mismatches(shapeOf(contract.response), method.fields, rootOf(contract))).toEqual([])
  })

  it('answers no field that the catalogue does not list', () => {
    expect(additions(shapeOf(contract.response), method.fields, rootOf(contract))).toEqual([])
  })

  it('writes the fields of every structure in alphabetical order, as the platform does', () => {
    expect(unsorted(shapeOf(contract.response), rootOf(contract))).toEqual([])
  })
})

/** A value that everybody would accept: the catalogue's example, or a plain one of the type. */
function plain({ type, example, hints, min }: Parameter): string | TopFile {
  if (type === 'byte[]') return file(1)
  const choice = hints?.enum?.[0]
  const values: Readonly<Record<string, string>> = {
    String: '1',
    Number: String(min ?? 1),
    Boolean: 'true',
    Price: '1.00',
    Date: '2016-01-01 12:00:00',
    Json: '{}',
  }
  return choice ?? example ?? (values[type] as string)
}

describe('a limit of the catalogue holds on both sides of its edge', () => {
  /**
   * Listed as a limit, and not enforced for a reason: the first is a text with a range, and nobody says
   * whether it means characters; the second is gone from the documents, and so is only advised.
   */
  const advisedOnly = new Set(['scenic_ticket_book_cost', 'chaoshi_extends_info'])
  const limited = parameters.filter(({ parameter }) => !advisedOnly.has(parameter))

  it.each(limited.filter(({ param }) => param.maxLength !== undefined))(
    '$method takes $param.maxLength of $parameter, and not one more',
    ({ contract, parameter, param: { type, maxLength = 0 } }) => {
      const of = (size: number) => (type === 'byte[]' ? file(size) : '长'.repeat(size))
      expect(refused(contract, parameter, of(maxLength))).toBeUndefined()
      expect(refused(contract, parameter, of(maxLength + 1))).toBe(parameter)
    },
  )

  it.each(limited.filter(({ param }) => param.maxListSize !== undefined))(
    '$method takes $param.maxListSize values in $parameter, and not one more',
    ({ contract, parameter, param: { maxListSize = 0 } }) => {
      const of = (size: number) => Array.from({ length: size }, (_, at) => `v${at}`).join(',')
      expect(refused(contract, parameter, of(maxListSize))).toBeUndefined()
      expect(refused(contract, parameter, of(maxListSize + 1))).toBe(parameter)
    },
  )

  it.each(limited.filter(({ param }) => param.min !== undefined))(
    '$method takes $parameter from $param.min on, and nothing below',
    ({ contract, parameter, param: { min = 0 } }) => {
      expect(refused(contract, parameter, String(min))).toBeUndefined()
      expect(refused(contract, parameter, String(min - 1))).toBe(parameter)
    },
  )

  it.each(limited.filter(({ param }) => param.max !== undefined))(
    '$method takes $parameter up to $param.max, and nothing above',
    ({ contract, parameter, param: { max = 0 } }) => {
      expect(refused(contract, parameter, String(max))).toBeUndefined()
      expect(refused(contract, parameter, String(max + 1))).toBe(parameter)
    },
  )

  it('takes any text for the booking fee of scenic tickets', () => {
    expect(refused(itemAdd, 'scenic_ticket_book_cost', '长'.repeat(30))).toBeUndefined()
  })

  it('advises on the parameter that documents no longer have', () => {
    const sent = { chaoshi_extends_info: 'x'.repeat(1001) }
    expect(refused(itemAdd, 'chaoshi_extends_info', sent.chaoshi_extends_info)).toBeUndefined()
    expect(advisories(itemAdd, sent)).toEqual([
      'chaoshi_extends_info has 1001 characters; documents mention 1000',
    ])
  })
})

describe('a parameter is of the type that the catalogue says', () => {
  const wrong: Readonly<Record<string, string | TopFile>> = {
    String: file(1),
    Number: 'one',
    Boolean: 'yes',
    Price: 'abc',
    Date: 'yesterday',
    Json: file(1),
    'byte[]': 'a text',
  }

  it.each(parameters)('$method refuses a $param.type of another kind for $parameter', (one) => {
    expect(refused(one.contract, one.parameter, wrong[one.param.type] ?? '')).toBe(one.parameter)
  })

  it.each(parameters)('$method tags $parameter as it travels: $param.type', (one) => {
    const tags: Readonly<Record<string, readonly WireType[]>> = {
      String: ['Text'],
      Number: isIdentifier(one.parameter) ? ['Id'] : ['Number'],
      Boolean: ['Boolean'],
      Price: ['Price'],
      Date: ['Date'],
      Json: ['Json'],
      'byte[]': ['File'],
    }
    expect(tags[one.param.type]).toContain(metaOf(one.contract.request.shape[one.parameter])?.type)
  })
})

describe('a method is answered', () => {
  it('by a handler over the world, except where its contract says stub', () => {
    const stubs = Object.keys(methods).filter((name) => tierOf(name) === 'stub')
    expect(stubs).toEqual(['alibaba.aliqin.fc.sms.num.send'])
    expect(tierOf('taobao.item.add')).toBe('stateful')
    expect(tierOf('taobao.nothing.get')).toBeUndefined()
    expect(tierOf('toString')).toBeUndefined()
  })
})

describe('a sub-code that is declared with a code of its own', () => {
  const codes = Object.values<AnyContract>(methods).flatMap(({ errors }) =>
    Object.values(errors).flatMap(({ code }) => code ?? []),
  )

  it('names one of the error table', () => {
    expect(codes.length).toBeGreaterThan(0)
    const known = new Set(Object.values(platformErrors).map(({ code }) => code))
    expect(codes.filter((code) => !known.has(code))).toEqual([])
  })
})

describe('the title of an item', () => {
  it('has at most 120 characters', () => {
    expect(refused(itemAdd, 'title', '题'.repeat(120))).toBeUndefined()
    expect(refused(itemAdd, 'title', '题'.repeat(121))).toBe('title')
  })

  it('should have at most 30, which is noted and not refused', () => {
    const noted = (title: string) => advisories(itemAdd, { title })
    expect(noted('题'.repeat(30))).toEqual([])
    expect(noted('题'.repeat(31))).toEqual(['title has 31 characters; documents mention 30'])
    expect(refused(itemAdd, 'title', '题'.repeat(31))).toBeUndefined()
  })
})

describe('an enumeration of the item family', () => {
  it.each([
    ['taobao.item.add', 'type', ['fixed', 'auction'], 'Fixed'],
    ['taobao.item.add', 'stuff_status', ['new', 'second'], 'unused'],
    ['taobao.item.update', 'stuff_status', ['new', 'unused', 'second'], 'old'],
    ['taobao.item.add', 'approve_status', ['onsale', 'instock'], 'sold_out'],
    ['taobao.item.update', 'approve_status', ['onsale', 'instock'], 'sold_out'],
  ] as const)('is closed: %s takes for %s only %j, not "%s"', (name, parameter, values, other) => {
    const contract = contractOf({ name })
    for (const value of values) expect(refused(contract, parameter, value)).toBeUndefined()
    expect(refused(contract, parameter, other)).toBe(parameter)
  })

  it('that was guessed from prose never refuses', () => {
    const weak = parameters.filter(({ param }) => param.hints?.enumWeak && param.type === 'String')
    expect(weak.length).toBeGreaterThan(0)
    for (const { contract, parameter } of weak) {
      expect(refused(contract, parameter, 'another value')).toBeUndefined()
    }
  })
})

describe('what is missing', () => {
  it("is, in the article's profile, no more than title, price and num", () => {
    expect(requiredParameters(itemAdd, 'guide')).toEqual(['title', 'price', 'num'])
    expect(missingArgument(itemAdd, 'guide', { title: 'a', price: '1', num: '1' })).toBeUndefined()
    expect(missingArgument(itemAdd, 'guide', { title: 'a', num: '1' })).toBe('price')
  })

  it('is named in the order of the contract, one parameter at a time', () => {
    expect(missingArgument(itemAdd, 'production', {})).toBe('type')
    expect(missingArgument(itemAdd, 'production', { type: 'fixed' })).toBe('cid')
  })

  it.each(['', ' ', '\u3000', '\t'])('is also what was sent blank: %j', (blank) => {
    expect(missingArgument(itemUpdate, 'production', { num_iid: blank })).toBe('num_iid')
  })
})

describe('what a call sends', () => {
  it('may hold parameters that the contract does not know: they are left out', () => {
    const sent: WireArguments = { num_iid: '1', price: '2', brand_new: 'x' }
    expect(decodeArguments(itemUpdate, sent)).toEqual({ request: { num_iid: '1', price: '2.00' } })
  })

  it('is not mixed up with what objects know by heart', () => {
    const sent = JSON.parse('{"num_iid":"1","__proto__":"2","constructor":"3","toString":"4"}')
    expect(decodeArguments(itemUpdate, sent)).toEqual({ request: { num_iid: '1' } })
    expect(missingArgument(itemUpdate, 'production', JSON.parse('{"__proto__":"1"}'))).toBe(
      'num_iid',
    )
    expect(unknownArguments(itemUpdate, Object.keys(sent))).toEqual([
      '__proto__',
      'constructor',
      'toString',
    ])
  })

  it('counts as not sent when it is blank', () => {
    expect(decodeArguments(itemUpdate, { num_iid: '1', price: '', num: '  ' })).toEqual({
      request: { num_iid: '1' },
    })
  })

  it("has its faults reported in the contract's order, not the sender's", () => {
    const result = decodeArguments(itemUpdate, { price: 'x', num_iid: 'x', cid: 'x' })
    expect('issues' in result && result.issues.map(({ parameter }) => parameter)).toEqual([
      'num_iid',
      'cid',
      'price',
    ])
  })
})

// --- responses ---

/** A field that names something: exact beyond 2^53, so never a plain number in our code. */
const isIdentifier = (name: string) => /^(id|cid|num_iid)$|_id$/.test(name)

function wireTypesFor(field: Field): readonly WireType[] {
  switch (field.type) {
    case 'Number':
      return isIdentifier(field.name) ? ['Id'] : ['Number']
    case 'String':
      // A text on the wire in any case; ours may promise its form where other methods do.
      return ['Text', 'Price', 'Date']
    case 'Boolean':
    case 'Price':
    case 'Date':
    case 'Json':
      return [field.type]
    default:
      throw new Error(`${field.name} is a ${field.type}, for which there is no wire type`)
  }
}

/** What a response lacks or has otherwise than the catalogue lists it. */
function mismatches(shape: WireShape, fields: readonly Field[], at: string): string[] {
  if (shape.kind !== 'object') return [`${at} is no structure`]
  return fields.flatMap((field) => {
    const path = `${at}.${field.name}`
    const found = shape.fields.get(field.name)
    if (!found) return [`${path} is missing`]
    if (field.list) return listMismatches(found, field, path)
    return elementMismatches(found, field, path)
  })
}

function listMismatches(found: WireShape, field: Field, path: string): string[] {
  if (found.kind !== 'list') return [`${path} is no list`]
  if (found.element !== elementName(field)) {
    return [`${path} has elements ${found.element}; the catalogue has ${elementName(field)}`]
  }
  return elementMismatches(found.of, field, path)
}

function elementMismatches(found: WireShape, field: Field, path: string): string[] {
  if (field.ref) return mismatches(found, fieldsOf(field.ref), path)
  const types = wireTypesFor(field)
  if (found.kind === 'value' && types.includes(found.type)) return []
  return [
    `${path} is ${found.kind === 'value' ? found.type : found.kind}; expected ${types.join(' or ')}`,
  ]
}

/** What a response has beyond the catalogue. */
function additions(shape: WireShape, fields: readonly Field[], at: string): string[] {
  if (shape.kind !== 'object') return []
  return [...shape.fields].flatMap(([name, below]) => {
    const field = fields.find((one) => one.name === name)
    if (!field) return [`${at}.${name}`]
    const of = below.kind === 'list' ? below.of : below
    if (!field.ref) return []
    // What stands below an item (SKUs, pictures) is one structure of ours for all methods.
    const listed = at.includes('.') ? variants(field.ref) : fieldsOf(field.ref)
    return additions(of, listed, `${at}.${name}`)
  })
}

/** The fields of a structure in any of the methods that answer it: `Sku@a` and `Sku@b`. */
function variants(ref: string): readonly Field[] {
  const typeOf = (key: string) => key.split('@')[0]
  return allRefs.filter((key) => typeOf(key) === typeOf(ref)).flatMap(fieldsOf)
}

/** The structures that the answers of these methods hold. */
const allRefs = [...new Set(listed.flatMap(({ fields }) => refsIn(fields)))]

function refsIn(fields: readonly Field[]): string[] {
  return fields.flatMap(({ ref }) => (ref === undefined ? [] : [ref, ...refsIn(fieldsOf(ref))]))
}

function unsorted(shape: WireShape, at: string): string[] {
  if (shape.kind === 'list') return unsorted(shape.of, at)
  if (shape.kind === 'value') return []
  const names = [...shape.fields.keys()]
  // The response itself is in the order of the documents: total_results comes before items.
  const sorted = at.includes('.') ? [...names].sort() : names
  return [
    ...(names.join() === sorted.join() ? [] : [`${at}: ${names.join()}`]),
    ...[...shape.fields].flatMap(([name, below]) => unsorted(below, `${at}.${name}`)),
  ]
}
