/**
 * A small regular expression that takes time in proportion to the text, whatever the pattern: no
 * pattern of a scenario can stall a gateway, as a backtracking engine could be stalled. It is looked
 * for in the first 20,000 characters; one of more than 50 steps in the first million / steps, so that
 * the largest there can be (2,000 steps) still takes milliseconds.
 *
 * Known are literals, `.`, classes (`[a-z]`, `\d`, `\w`, `\s` and their opposites), groups, `|`, `*`, `+`,
 * `?`, `{m,n}`, `^` and `$`. Back references and look-around, which cannot be had in linear time, are refused.
 */
export interface TextPattern {
  /** Whether the pattern occurs in the text. */
  test(text: string): boolean
}

type Step =
  | { readonly kind: 'one'; readonly test: (char: string) => boolean; readonly next: number }
  | { readonly kind: 'either'; readonly ways: number[] }
  | { readonly kind: 'start'; readonly next: number }
  | { readonly kind: 'end'; readonly next: number }
  | { readonly kind: 'done' }

type Node =
  | { readonly kind: 'one'; readonly test: (char: string) => boolean }
  | { readonly kind: 'edge'; readonly at: 'start' | 'end' }
  | { readonly kind: 'row'; readonly of: readonly Node[] }
  | { readonly kind: 'either'; readonly of: readonly Node[] }
  | { readonly kind: 'many'; readonly of: Node; readonly least: number; readonly most: number }

const longestPattern = 500
const mostSteps = 2000
const mostRepeats = 1000
/** Groups of nothing add no steps, however often they are repeated. */
const mostParts = 20 * mostSteps
/** A text is looked through so far at the most; a pattern of many steps, less far. */
const longestSearched = 20_000
const mostVisits = 1_000_000

/** @returns the pattern, or a sentence that says what is wrong with it */
export function textPattern(source: string): TextPattern | string {
  if (source.length > longestPattern) return `a pattern has at most ${longestPattern} characters`
  try {
    return compile(parse(source))
  } catch (error) {
    if (error instanceof PatternError) return error.message
    throw error
  }
}

class PatternError extends Error {}

function parse(source: string): Node {
  const chars = [...source]
  let at = 0

  function either(): Node {
    const ways = [row()]
    while (chars[at] === '|') {
      at++
      ways.push(row())
    }
    return ways.length === 1 ? (ways[0] as Node) : { kind: 'either', of: ways }
  }

  function row(): Node {
    const parts: Node[] = []
    while (at < chars.length && chars[at] !== '|' && chars[at] !== ')') parts.push(repeated(atom()))
    return { kind: 'row', of: parts }
  }

  function repeated(of: Node): Node {
    let node = of
    for (let range = quantifier(); range; range = quantifier()) {
      if (node.kind === 'edge') throw new PatternError('^ and $ cannot be repeated')
      node = { kind: 'many', of: node, ...range }
      // Whether a repeat is greedy changes nothing where only a yes or no is asked for.
      if (chars[at] === '?') at++
    }
    return node
  }

  function quantifier(): { least: number; most: number } | undefined {
    const char = chars[at]
    if (char === '*' || char === '+' || char === '?') {
      at++
      return {
        least: char === '+' ? 1 : 0,
        most: char === '?' ? 1 : Number.POSITIVE_INFINITY,
      }
    }
    if (char !== '{') return undefined
    const [whole, from = '', comma, to = ''] =
      /^\{(\d+)(,(\d*))?\}/.exec(chars.slice(at).join('')) ?? []
    if (whole === undefined)
      throw new PatternError('a { begins no {m,n}; write \\{ for the character')
    at += whole.length
    const least = Number(from)
    const upper = comma === undefined ? from : (to as string)
    const most = upper === '' ? Number.POSITIVE_INFINITY : Number(upper)
    if (most < least) throw new PatternError(`${whole} ends before it begins`)
    if (least > mostRepeats || (most !== Number.POSITIVE_INFINITY && most > mostRepeats))
      throw new PatternError(`${whole}: at most ${mostRepeats} repeats`)
    return { least, most }
  }

  function atom(): Node {
    const char = chars[at++] as string
    switch (char) {
      case '(':
        return group()
      case '[':
        return { kind: 'one', test: asRegExp(`[${classBody()}]`) }
      case '.':
        return { kind: 'one', test: (one) => one !== '\n' && one !== '\r' }
      case '^':
        return { kind: 'edge', at: 'start' }
      case '$':
        return { kind: 'edge', at: 'end' }
      case '\\':
        return { kind: 'one', test: escaped() }
      case '*':
      case '+':
      case '?':
      case '{':
        throw new PatternError(`nothing stands before ${char} to repeat`)
      default:
        return { kind: 'one', test: (one) => one === char }
    }
  }

  function group(): Node {
    if (chars[at] === '?') {
      if (chars[at + 1] !== ':')
        throw new PatternError('look-around and named groups are not known')
      at += 2
    }
    const inside = either()
    if (chars[at] !== ')') throw new PatternError('a ( has no )')
    at++
    return inside
  }

  function escaped(): (char: string) => boolean {
    const char = chars[at++]
    if (char === undefined) throw new PatternError('the pattern ends with a \\')
    if (/[1-9k]/.test(char)) throw new PatternError('back references are not known')
    if (/[bB]/.test(char)) throw new PatternError('word boundaries are not known')
    if (/[dDwWsS]/.test(char)) return asRegExp(`\\${char}`)
    const named = { n: '\n', r: '\r', t: '\t' }[char]
    if (named === undefined && /[a-zA-Z0-9]/.test(char))
      throw new PatternError(`\\${char} is not known`)
    const meant = named ?? char
    return (one) => one === meant
  }

  function classBody(): string {
    let body = ''
    if (chars[at] === '^') body += chars[at++]
    while (at < chars.length && chars[at] !== ']') {
      const char = chars[at++] as string
      body += char
      if (char === '\\') body += chars[at++] ?? ''
    }
    if (chars[at] !== ']') throw new PatternError('a [ has no ]')
    at++
    return body
  }

  const whole = either()
  if (at < chars.length) throw new PatternError('a ) has no (')
  return whole
}

/** One class of characters, for which JavaScript's own expression is as good as any. */
function asRegExp(source: string): (char: string) => boolean {
  let regExp: RegExp
  try {
    regExp = new RegExp(`^${source}$`, 'us')
  } catch {
    throw new PatternError(`${source} is no class of characters`)
  }
  return (char) => regExp.test(char)
}

function compile(node: Node): TextPattern {
  const steps: Step[] = []
  const add = (step: Step) => {
    if (steps.length >= mostSteps) throw new PatternError('the pattern is too large')
    return steps.push(step) - 1
  }
  let parts = 0
  /** Adds what matches the node and then goes on to a step; answers where it begins. */
  function before(next: number, node: Node): number {
    if (++parts > mostParts) throw new PatternError('the pattern is too large')
    switch (node.kind) {
      case 'one':
        return add({ kind: 'one', test: node.test, next })
      case 'edge':
        return add({ kind: node.at, next })
      case 'row':
        return node.of.reduceRight(before, next)
      case 'either':
        return add({ kind: 'either', ways: node.of.map((one) => before(next, one)) })
      case 'many': {
        let from = next
        if (node.most === Number.POSITIVE_INFINITY) {
          const ways = [next]
          from = add({ kind: 'either', ways })
          ways.push(before(from, node.of))
        } else {
          for (let n = node.least; n < node.most; n++)
            from = add({ kind: 'either', ways: [next, before(from, node.of)] })
        }
        for (let n = 0; n < node.least; n++) from = before(from, node.of)
        return from
      }
    }
  }
  const done = add({ kind: 'done' })
  const first = before(done, node)
  const searched = Math.min(longestSearched, Math.floor(mostVisits / steps.length))

  return {
    test(text) {
      const chars = [...text.slice(0, searched)]
      const isCut = text.length > searched
      let current: number[] = []
      const seen = new Uint32Array(steps.length)
      let turn = 0
      let found = false
      /** Follows whatever takes no character. */
      function enter(from: number, at: number, into: number[]) {
        const waiting = [from]
        for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
          if (seen[index] === turn) continue
          seen[index] = turn
          const step = steps[index] as Step
          if (step.kind === 'done') found = true
          else if (step.kind === 'one') into.push(index)
          else if (step.kind === 'either') waiting.push(...step.ways)
          else if (step.kind === 'start' ? at === 0 : at === chars.length && !isCut)
            waiting.push(step.next)
        }
      }
      for (let at = 0; ; at++) {
        turn++
        const entered: number[] = []
        for (const index of current) {
          const step = steps[index] as Step & { kind: 'one' }
          if (step.test(chars[at - 1] as string)) enter(step.next, at, entered)
        }
        enter(first, at, entered)
        if (found || at >= chars.length) return found
        current = entered
      }
    },
  }
}
