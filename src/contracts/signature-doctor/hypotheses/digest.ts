import { explain, type Hypothesis, type Variant, withValue } from '../hypothesis.ts'
import { type DigestName, isHmac, type Recipe } from '../recipe.ts'

const names: Readonly<Record<DigestName, string>> = {
  md5: 'MD5',
  'hmac-md5': 'HMAC-MD5',
  'hmac-sha256': 'HMAC-SHA256',
  sha1: 'SHA-1',
  sha256: 'SHA-256',
  sha512: 'SHA-512',
  'hmac-sha1': 'HMAC-SHA1',
  'hmac-sha512': 'HMAC-SHA512',
}

/** The recipe with another digest, wrapped in the secret as that digest is. */
const digested = (recipe: Recipe, digest: DigestName): Recipe => ({
  ...recipe,
  digest,
  front: !isHmac(digest),
  back: !isHmac(digest),
})

/** What a client said it would use, for texts. */
const declared = (recipe: Recipe) => {
  const value = recipe.entries.find(({ name }) => name === 'sign_method')?.value
  return typeof value === 'string' && value !== '' ? value : undefined
}

function used(id: string, digest: DigestName): Hypothesis {
  return {
    id,
    title: explain(`${names[digest]} was used`, `使用了 ${names[digest]}`),
    fix: 'digest',
    *variants(recipe): Iterable<Variant> {
      const method = declared(recipe)
      const detail = explain(
        `The sign was made with ${names[digest]}, but sign_method says ${method ?? 'nothing, which means MD5'}.`,
        `签名用的是 ${names[digest]}，而 sign_method 为 ${method ?? '空（按 MD5 处理）'}。`,
      )
      if (recipe.digest !== digest) {
        yield { apply: (recipe) => digested(recipe, digest), detail }
        // The string to sign was written before sign_method was, or with another one.
        const written = digest === 'md5' ? 'md5' : digest === 'hmac-md5' ? 'hmac' : digest
        for (const value of new Set([written, digest, names[digest]])) {
          if (method === undefined || value === method) continue
          yield {
            apply: (recipe) => withValue('sign_method', value)(digested(recipe, digest)),
            parameter: 'sign_method',
            detail: explain(
              `The call was signed with sign_method=${value} and sent with sign_method=${method}.`,
              `签名时 sign_method=${value}，发送时却是 sign_method=${method}。`,
            ),
          }
        }
      }
    },
  }
}

/** Keyed, and the secret round the text as well. */
const secretInHmacText: Hypothesis = {
  id: 'secret-in-hmac-text',
  title: explain('The secret stands in the text of an HMAC', 'HMAC 的待签名串中又拼接了 secret'),
  fix: 'digest',
  *variants(recipe): Iterable<Variant> {
    if (!isHmac(recipe.digest)) return
    for (const [front, back] of [
      [true, true],
      [true, false],
      [false, true],
    ] as const) {
      yield {
        apply: (recipe) => ({ ...recipe, front, back }),
        detail: explain(
          'An HMAC takes the secret as its key only; the text was wrapped in the secret as well, as MD5 wants it.',
          'HMAC 只以 secret 作为密钥；而待签名串又像 MD5 那样拼接了 secret。',
        ),
      }
    }
  },
}

const hmacKeySwapped: Hypothesis = {
  id: 'hmac-key-swapped',
  title: explain('Key and text of the HMAC are swapped', 'HMAC 的密钥与待签名串互换'),
  fix: 'digest',
  *variants(recipe): Iterable<Variant> {
    if (!isHmac(recipe.digest)) return
    yield {
      apply: (recipe) => ({ ...recipe, swapped: true }),
      detail: explain(
        'The text was used as the key and the secret as the text.',
        '把待签名串当作密钥，把 secret 当作内容。',
      ),
    }
  },
}

export const digestHypotheses: readonly Hypothesis[] = [
  used('md5-used', 'md5'),
  used('hmac-md5-used', 'hmac-md5'),
  used('hmac-sha256-used', 'hmac-sha256'),
  secretInHmacText,
  hmacKeySwapped,
  used('sha1-used', 'sha1'),
  used('sha256-used', 'sha256'),
  used('sha512-used', 'sha512'),
  used('hmac-sha1-used', 'hmac-sha1'),
  used('hmac-sha512-used', 'hmac-sha512'),
]
