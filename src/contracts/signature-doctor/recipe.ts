import * as crypto from 'node:crypto'

/** A parameter as somebody signed it; a file's content is bytes. */
export interface Entry {
  readonly name: string
  readonly value: string | Uint8Array
  /** Its place in the order of sending. */
  readonly at: number
}

/** Every digest that callers have been seen to use, right or wrong. */
export type DigestName =
  | 'md5'
  | 'hmac-md5'
  | 'hmac-sha256'
  | 'sha1'
  | 'sha256'
  | 'sha512'
  | 'hmac-sha1'
  | 'hmac-sha512'

/** How many hex digits a digest has. */
export const hexLength: Readonly<Record<DigestName, number>> = {
  md5: 32,
  'hmac-md5': 32,
  sha1: 40,
  'hmac-sha1': 40,
  sha256: 64,
  'hmac-sha256': 64,
  sha512: 128,
  'hmac-sha512': 128,
}

export const isHmac = (digest: DigestName) => digest.startsWith('hmac-')

/**
 * One way to make a signature: every step as data, so that a wrong way is the right one with a step
 * replaced, and two mistakes are two steps replaced.
 */
export interface Recipe {
  /** What is signed; sorted by name at first, because sorting what is sorted costs little. */
  readonly entries: readonly Entry[]
  readonly order: (entries: readonly Entry[]) => readonly Entry[]
  /** Between a name and its value; the platform has nothing there. */
  readonly pair: string
  /** Whether each value stands before its name. */
  readonly valueFirst: boolean
  /** Between one parameter and the next. */
  readonly joint: string
  /** Written after the last parameter. */
  readonly tail: string
  readonly encodeName: (name: string) => string
  readonly encodeValue: (value: string) => string
  /** What is done to the finished text of all parameters. */
  readonly rewrite: (text: string) => string
  /** The raw body of a batch, JSON or XML call, or '' where none is signed. */
  readonly body: string
  readonly bodyAt: 'end' | 'front' | 'after-secret'
  /** How text becomes bytes; a text stays a text where it is UTF-8. */
  readonly bytes: (text: string) => string | Uint8Array
  /** The secret as it was used. */
  readonly secret: string
  /** Whether the secret stands before and after the text. */
  readonly front: boolean
  readonly back: boolean
  /** Between secret and text. */
  readonly glue: string
  readonly digest: DigestName
  /** Whether an HMAC takes the text as its key and the secret as its text. */
  readonly swapped: boolean
}

const same = (text: string) => text
export const byName = (entries: readonly Entry[]): readonly Entry[] =>
  [...entries].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))

/** The platform's own way, for a digest. */
export function rightRecipe(
  entries: readonly Entry[],
  body: string,
  secret: string,
  digest: DigestName,
): Recipe {
  return {
    entries,
    order: byName,
    pair: '',
    valueFirst: false,
    joint: '',
    tail: '',
    encodeName: same,
    encodeValue: same,
    rewrite: same,
    body,
    bodyAt: 'end',
    bytes: same,
    secret,
    front: !isHmac(digest),
    back: !isHmac(digest),
    glue: '',
    digest,
    swapped: false,
  }
}

type Piece = string | Uint8Array

/** The parameters as one text, without the secret. Bytes stand apart, because they are no text. */
function parameterPieces(recipe: Recipe): Piece[] {
  const pieces: Piece[] = []
  let text = ''
  let separator = ''
  for (const { name, value } of recipe.order(recipe.entries)) {
    text += separator
    if (recipe.valueFirst && typeof value === 'string') {
      text += recipe.encodeValue(value) + recipe.pair + recipe.encodeName(name)
    } else text += recipe.encodeName(name) + recipe.pair
    if (typeof value === 'string') text += recipe.valueFirst ? '' : recipe.encodeValue(value)
    else {
      pieces.push(recipe.rewrite(text), value)
      text = ''
    }
    separator = recipe.joint
  }
  pieces.push(recipe.rewrite(text + recipe.tail))
  return pieces
}

/** Everything that is digested, in order; `secret` is what stands for the secret. */
function piecesOf(recipe: Recipe, secret: string): Piece[] {
  const { body, bodyAt, front, back, glue } = recipe
  const pieces: Piece[] = []
  if (front) pieces.push(secret + glue)
  if (bodyAt === 'front') pieces.push(body)
  pieces.push(...parameterPieces(recipe))
  if (bodyAt === 'end') pieces.push(body)
  if (back) pieces.push(glue + secret)
  if (bodyAt === 'after-secret') pieces.push(body)
  return pieces
}

/** The upper-case hex signature that a recipe gives. */
export function signatureOf(recipe: Recipe): string {
  const data = joined(piecesOf(recipe, recipe.secret), recipe.bytes)
  const name = recipe.digest
  const secret = recipe.bytes(recipe.secret)
  const [key, text] = recipe.swapped ? [data, secret] : [secret, data]
  const hex = isHmac(name)
    ? crypto.createHmac(name.slice('hmac-'.length), key).update(text).digest('hex')
    : crypto.hash(name, data)
  return hex.toUpperCase()
}

/** What a recipe digests as people may see it: `{secret}` stands for the secret. */
export const shownText = (recipe: Recipe): string =>
  piecesOf(recipe, '{secret}')
    .map((piece) => (typeof piece === 'string' ? piece : `{${piece.byteLength} bytes}`))
    .join('')

/** The bytes that a recipe digests, with `{secret}` in place of the secret. */
export function shownBytes(recipe: Recipe): Uint8Array {
  const data = joined(piecesOf(recipe, '{secret}'), recipe.bytes)
  return typeof data === 'string' ? Buffer.from(data) : data
}

function joined(pieces: readonly Piece[], bytes: Recipe['bytes']): string | Uint8Array {
  if (pieces.every((piece) => typeof piece === 'string')) return bytes(pieces.join(''))
  return Buffer.concat(
    pieces.map((piece) => {
      const part = typeof piece === 'string' ? bytes(piece) : piece
      return typeof part === 'string' ? Buffer.from(part) : part
    }),
  )
}
