import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { textPattern } from '../../src/contracts/index.ts'

const found = (pattern: string, text: string) => {
  const compiled = textPattern(pattern)
  if (typeof compiled === 'string') throw new Error(compiled)
  return compiled.test(text)
}

describe('a pattern', () => {
  it.each([
    ['手机', '新款智能手机', true],
    ['^手机', '新款智能手机', false],
    ['手机$', '新款智能手机', true],
    ['^[A-Z]+-\\d{2,3}$', 'CUP-12', true],
    ['^[A-Z]+-\\d{2,3}$', 'CUP-1', false],
    ['^[^a-z]+$', 'CUP', true],
    ['a|bc', 'xbcx', true],
    ['^(ab|c)+$', 'abcab', true],
    ['^(?:ab)?c$', 'c', true],
    ['a.c', 'a\nc', false],
    ['😀.', 'x😀y', true],
    ['\\.', 'a.b', true],
    ['^$', '', true],
    ['', 'anything', true],
  ])('/%s/ in %j: %s', (pattern, text, expected) => {
    expect(found(pattern, text)).toBe(expected)
  })

  it.each([
    ['(', 'a ( has no )'],
    ['a)', 'a ) has no ('],
    ['[a', 'a [ has no ]'],
    ['[z-a]', '[z-a] is no class of characters'],
    ['*a', 'nothing stands before * to repeat'],
    ['a{2,1}', '{2,1} ends before it begins'],
    ['a{5000}', '{5000}: at most 1000 repeats'],
    ['((a{99}){99}){99}', 'the pattern is too large'],
    ['((((){1000}){1000}){1000}){1000}', 'the pattern is too large'],
    ['(a)\\1', 'back references are not known'],
    ['(?=a)', 'look-around and named groups are not known'],
    ['\\bword', 'word boundaries are not known'],
    ['a\\', 'the pattern ends with a \\'],
    ['x'.repeat(501), 'a pattern has at most 500 characters'],
  ])('is refused with a reason: /%s/', (pattern, reason) => {
    expect(textPattern(pattern)).toBe(reason)
  })

  it('takes time in proportion to the text, where a backtracking engine would not come back', () => {
    // 2^50 ways for an engine that tries them one after the other; this test would never end.
    expect(found('^(a+)+$', `${'a'.repeat(50)}b`)).toBe(false)
    expect(found('^(a|a)*$', `${'a'.repeat(5000)}b`)).toBe(false)
  })

  it('of many steps is looked for in fewer characters, and what lies behind them is no end', () => {
    const many = '^(a?){900}$'
    expect(found(many, 'a'.repeat(300))).toBe(true)
    // All of them would be hundreds of millions of steps.
    expect(found(many, 'a'.repeat(20_000_000))).toBe(false)
    expect(found(`(a?){900}b`, `${'a'.repeat(300)}b`)).toBe(true)
    expect(found('a$', 'a'.repeat(20_001))).toBe(false)
  })

  it('finds what the engine of JavaScript finds', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '(a|b)', '(?:ab)', '1')
    const part = fc
      .tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,}', '{0,2}'))
      .map(([one, often]) => one + often)
    const pattern = fc
      .tuple(
        fc.constantFrom('', '^'),
        fc.array(part, { maxLength: 4 }),
        fc.constantFrom('', '$', '|b'),
      )
      .map(([from, parts, to]) => from + parts.join('') + to)
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '\n'), maxLength: 8 })
    fc.assert(
      fc.property(pattern, text, (source, subject) => {
        expect(found(source, subject)).toBe(new RegExp(source, 'u').test(subject))
      }),
      { numRuns: 2000 },
    )
  })
})
