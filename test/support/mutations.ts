import * as fc from 'fast-check'

/** One change of a text or of bytes; places and lengths are shares of the whole. */
interface Mutation {
  readonly kind: 'flip' | 'drop' | 'repeat' | 'insert' | 'swap' | 'cut'
  readonly at: number
  readonly length: number
  readonly bytes: Uint8Array
}

/** What means something to one of the readers: separators, escapes, borders, numbers at the edge. */
const tokens = [
  ...[
    '&',
    '=',
    '%',
    '%zz',
    '%e4%b8',
    '+',
    ';',
    '?',
    '#',
    '\r\n',
    '\r\n\r\n',
    '--',
    '\u0000',
    '"',
    "'",
  ],
  ...[
    '__proto__',
    'constructor',
    '[]',
    '{}',
    '{"',
    '-S-',
    '&amp;',
    '<',
    ']]>',
    '../',
    '\\',
    '*anchor',
  ],
  ...[
    '0',
    '-1',
    '1e999',
    '9007199254740993',
    '99999999999999999999',
    'NaN',
    'null',
    'true',
    '中',
    '😀',
  ],
  ...[
    'Content-Disposition: form-data; name="x"\r\n\r\n',
    'boundary=',
    'sign=',
    'method=',
    'timestamp=',
  ],
  ...['- ', ': ', '\n  ', '!!js/function ', '&a [*a]', '<<: *a', '2016-01-01 12:00:00', '[[27]]'],
].map((text) => Buffer.from(text))

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('flip', 'drop', 'repeat', 'insert', 'swap', 'cut'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.double({ min: 0, max: 0.2, noNaN: true }),
  bytes: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...tokens) },
    { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 8 }) },
  ),
})

/** Up to six changes, one after the other; none is the thing itself. */
const mutations = fc.array(mutation, { maxLength: 6 })

/** Something of a corpus, changed. */
export const mutated = (corpus: readonly Uint8Array[]): fc.Arbitrary<Buffer> =>
  fc
    .tuple(fc.constantFrom(...corpus), mutations)
    .map(([whole, changes]) => Buffer.from(changes.reduce(change, whole)))

function change(whole: Uint8Array, { kind, at, length, bytes }: Mutation): Uint8Array {
  const from = Math.floor(at * whole.length)
  const to = Math.min(whole.length, from + Math.max(1, Math.floor(length * whole.length)))
  const [before, middle, after] = [whole.slice(0, from), whole.slice(from, to), whole.slice(to)]
  switch (kind) {
    case 'flip':
      return Buffer.concat([before, middle.map((byte) => byte ^ (bytes[0] ?? 1)), after])
    case 'drop':
      return Buffer.concat([before, after])
    case 'repeat':
      return Buffer.concat([before, middle, middle, after])
    case 'insert':
      return Buffer.concat([before, bytes, middle, after])
    case 'swap':
      return Buffer.concat([after, middle, before])
    case 'cut':
      return before
  }
}
