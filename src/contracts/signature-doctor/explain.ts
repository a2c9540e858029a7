import type { Explanation } from '../protocol/errors.ts'
import { acceptedForm, isSignMethod, type TextParams } from '../protocol/sign.ts'
import { type FixLanguage, type FixName, fixes } from './fixes.ts'
import { hypotheses } from './hypotheses/index.ts'
import {
  type Evidence,
  type EvidenceFile,
  explain,
  type Hypothesis,
  type Variant,
} from './hypothesis.ts'
import {
  byName,
  type DigestName,
  hexLength,
  type Recipe,
  rightRecipe,
  shownBytes,
  shownText,
  signatureOf,
} from './recipe.ts'
import { type Form, mistyped, readingsOf, spoiltForm } from './sign-forms.ts'

/** One mistake that a signature shows. */
export interface SignatureCause {
  /** A stable name, such as `values-url-encoded`. */
  readonly id: string
  readonly title: Explanation
  readonly detail: Explanation
  /** The parameter it is about, where it is one. */
  readonly parameter?: string
}

/** Where the text that was signed and the text that should have been signed part, in bytes. */
export interface ByteDifference {
  /** The first byte that differs, counted from 0. */
  readonly at: number
  readonly theirs: { readonly text: string; readonly hex: string }
  readonly ours: { readonly text: string; readonly hex: string }
}

/** What the signature doctor says of a call. */
export interface SignatureExplanation {
  /** `correct`, `explained` (the causes reproduce the sign that came), or `unexplained`. */
  readonly verdict: 'correct' | 'explained' | 'unexplained'
  /** Every cause, fewest first possible; empty where the sign is correct or unexplained. */
  readonly causes: readonly SignatureCause[]
  /** What the gateway signs; `{secret}` stands for the secret. */
  readonly stringToSign: string
  /** What the client signed. */
  readonly theirString?: string
  readonly difference?: ByteDifference
  readonly expectedSign: string
  readonly receivedSign: string
  /** The corrected line for the first cause, by language. */
  readonly fixes: Partial<Readonly<Record<FixLanguage, string>>>
}

/** A call whose signature is to be looked at, as it was received and decoded. */
export interface SignedCall {
  /** Text parameters of query and body, `sign` among them. */
  readonly params: TextParams
  readonly files?: readonly EvidenceFile[] | undefined
  /** The raw body of a batch, JSON or XML call, which is part of the signature. */
  readonly body?: string | undefined
  /** The text of a query or form as it travelled; helps to find a form that was appended. */
  readonly form?: string | undefined
}

/** What is known about who called. */
export interface SignatureContext {
  readonly appSecret: string
  /** Secrets of other apps by app key, to recognise one that was mixed up. */
  readonly otherSecrets?: ReadonlyMap<string, string> | undefined
  /** The app's sessions, to recognise one that was signed and not sent. */
  readonly sessions?: readonly string[] | undefined
  /** Parameters of the called method, to recognise one that was signed and not sent. */
  readonly knownParameters?: readonly string[] | undefined
  /** The `guide` gateway also takes lower-case hex and the order by name and value. */
  readonly lenient?: boolean | undefined
  /** `single` tries every mistake alone, which takes a few milliseconds; `pairs` any two together. */
  readonly effort?: 'single' | 'pairs' | undefined
}

/**
 * Says why a signature is wrong. It tries the ways in which people get it wrong, singly and in pairs,
 * and names those that reproduce the very sign that came; where none does, it says so and shows the
 * string to sign. It never guesses: a cause is named only when it gives the same digest.
 *
 * @example
 * explainSignature({ params: { …, sign: 'ABC…' } }, { appSecret: 'helloworld' }).causes[0]?.id
 */
export function explainSignature(
  call: SignedCall,
  context: SignatureContext,
): SignatureExplanation {
  const evidence: Evidence = {
    params: call.params,
    files: call.files ?? [],
    body: call.body ?? '',
    form: call.form,
    appSecret: context.appSecret,
    otherSecrets: context.otherSecrets ?? new Map(),
    sessions: context.sessions ?? [],
    knownParameters: context.knownParameters ?? [],
  }
  const received = call.params.sign ?? ''
  const declared = call.params.sign_method
  const right = recipeFor(evidence, digestOf(declared))
  const expected = signatureOf(right)
  const mask = masker(context.appSecret, evidence.otherSecrets)
  const common = {
    stringToSign: mask(shownText(right)),
    expectedSign: expected,
    receivedSign: received,
  }
  if (accepted(evidence, context.lenient ?? false)) {
    return { verdict: 'correct', causes: [], ...common, fixes: {} }
  }
  const found = search(right, evidence, received, declared, context)
  if (!found) return { verdict: 'unexplained', causes: [], ...common, fixes: {} }
  const difference = differenceOf(found.recipe, right, mask)
  return {
    verdict: 'explained',
    causes: merged(found.causes).map(({ id, title, detail, parameter }) => ({
      id,
      title,
      detail: { en: mask(detail.en), zh: mask(detail.zh) },
      ...(parameter !== undefined && { parameter }),
    })),
    ...common,
    theirString: mask(shownText(found.recipe)),
    ...(difference && { difference }),
    fixes: found.causes[0] ? fixes[found.causes[0].fix] : {},
  }
}

function recipeFor({ params, body, appSecret }: Evidence, digest: DigestName): Recipe {
  const entries = Object.entries(params)
    .filter(([name]) => name !== 'sign')
    .map(([name, value], at) => ({ name, value, at }))
  return rightRecipe(byName(entries), body, appSecret, digest)
}

const digestOf = (declared: string | undefined): DigestName =>
  declared === 'hmac' ? 'hmac-md5' : declared === 'hmac-sha256' ? 'hmac-sha256' : 'md5'

/** Whether a gateway takes the sign as it is: its own judgement. */
const accepted = ({ params, body, appSecret }: Evidence, lenient: boolean): boolean =>
  acceptedForm(params, appSecret, { lowerCaseSign: lenient, signSortedByPair: lenient }, body) !==
  undefined

/** A cause on its way to being told, with the line that puts it right. */
interface Named extends SignatureCause {
  readonly fix: FixName
}

interface Found {
  readonly recipe: Recipe
  readonly causes: readonly Named[]
}

const unknownMethod = (declared: string): Named => ({
  id: 'sign-method-unknown',
  title: explain('sign_method is none of the platform', 'sign_method 不是平台支持的取值'),
  detail: explain(
    `sign_method was "${declared}"; expected md5, hmac or hmac-sha256, in lower case.`,
    `sign_method 为 "${declared}"，应为小写的 md5、hmac 或 hmac-sha256。`,
  ),
  parameter: 'sign_method',
  fix: 'sign-method',
})

const named = ({ id, title, fix }: Hypothesis, { detail, parameter }: Variant): Named => ({
  id,
  title,
  detail,
  fix,
  ...(parameter !== undefined && { parameter }),
})

const namedForm = ({ id, title, detail }: Form): Named => ({
  id,
  title,
  detail,
  fix: id === 'digest-truncated' || id === 'sign-mistyped' ? 'digest' : 'upper-hex',
  parameter: 'sign',
})

/** How many characters may be digested before the search is given up: a call of megabytes has no second for each try. */
const mostDigested = { single: 30_000_000, pairs: 400_000_000 }
/** No way to write a digest is longer; a text that is would be looked at anew with each try. */
const longestSign = 1000
/** What a digest costs beside its text, in characters. */
const digestCost = 300

function search(
  right: Recipe,
  evidence: Evidence,
  received: string,
  declared: string | undefined,
  { effort = 'pairs', lenient = false }: SignatureContext,
): Found | undefined {
  if (received.length > longestSign) return undefined
  const readings = new Map(
    readingsOf(received).map(({ hex, form }) => [
      hex,
      lenient && form?.id === 'lower-case-hex' ? undefined : form,
    ]),
  )
  const lengths = new Set([...readings.keys()].map((hex) => hex.length))
  const isOdd = ![...lengths].some((length) => Object.values(hexLength).includes(length))
  const isDeclared = !declared || isSignMethod(declared)
  const always = isDeclared ? [] : [unknownMethod(declared)]

  let triesLeft = mostDigested[effort] / (shownText(right).length + digestCost)

  /** Whether a recipe gives the sign, and how the sign is written. */
  function check(recipe: Recipe): { readonly form: Form | undefined } | undefined {
    if (!isOdd && !lengths.has(hexLength[recipe.digest])) return undefined
    if (triesLeft-- < 0) return undefined
    const hex = signatureOf(recipe)
    if (readings.has(hex)) return { form: readings.get(hex) }
    const form = isOdd ? spoiltForm(received, hex) : undefined
    return form && { form }
  }

  const result = (recipe: Recipe, form: Form | undefined, causes: readonly Named[]): Found => ({
    recipe,
    causes: [...always, ...causes, ...(form ? [namedForm(form)] : [])],
  })

  // With a sign_method that is none, any of the three may have been meant.
  const bases = isDeclared
    ? [right]
    : [
        right,
        ...(['hmac-md5', 'hmac-sha256'] as const).map((digest) => recipeFor(evidence, digest)),
      ]
  for (const base of bases) {
    const hit = check(base)
    if (hit) return result(base, hit.form, [])
    const slip = mistyped(received, signatureOf(base))
    if (slip) return result(base, slip, [])
  }

  for (const base of bases) {
    for (const hypothesis of hypotheses) {
      for (const variant of hypothesis.variants(base, evidence)) {
        if (triesLeft < 0) return undefined
        const recipe = variant.apply(base)
        const hit = check(recipe)
        if (hit) return result(recipe, hit.form, [named(hypothesis, variant)])
      }
    }
  }
  if (effort === 'single') return undefined

  for (const base of bases) {
    const tried = pairable(base, evidence)
    for (const [at, one] of tried.entries()) {
      const changed = one.variant.apply(base)
      if (triesLeft < 0) return undefined
      for (const two of tried.slice(at + 1)) {
        const isAgain = two.hypothesis === one.hypothesis
        if (
          isAgain &&
          !(one.hypothesis.repeats && two.variant.parameter !== one.variant.parameter)
        ) {
          continue
        }
        const recipe = two.variant.apply(changed)
        const hit = check(recipe)
        if (hit) {
          return result(recipe, hit.form, [
            named(one.hypothesis, one.variant),
            named(two.hypothesis, two.variant),
          ])
        }
      }
    }
  }
  return undefined
}

/** The mistakes that are tried together: each way to sign once, and none that changes nothing here. */
function pairable(base: Recipe, evidence: Evidence) {
  const known = new Set([signatureOf(base)])
  const tried: { hypothesis: Hypothesis; variant: Variant }[] = []
  for (const hypothesis of hypotheses) {
    for (const variant of hypothesis.variants(base, evidence)) {
      if (variant.rare) continue
      const signature = signatureOf(variant.apply(base))
      if (known.has(signature)) continue
      known.add(signature)
      tried.push({ hypothesis, variant })
    }
  }
  return tried
}

/** The same mistake with two parameters is one cause that tells of both. */
function merged(causes: readonly Named[]): Named[] {
  const byId = new Map<string, Named>()
  for (const cause of causes) {
    const before = byId.get(cause.id)
    byId.set(
      cause.id,
      before
        ? {
            ...before,
            detail: explain(
              `${before.detail.en} ${cause.detail.en}`,
              `${before.detail.zh}${cause.detail.zh}`,
            ),
          }
        : cause,
    )
  }
  return [...byId.values()]
}

/** So many bytes are shown on either side of a difference. */
const around = 16

function differenceOf(
  theirs: Recipe,
  ours: Recipe,
  mask: (text: string) => string,
): ByteDifference | undefined {
  const a = Buffer.from(shownBytes(theirs))
  const b = Buffer.from(shownBytes(ours))
  if (a.equals(b)) return undefined
  let at = 0
  while (at < a.length && at < b.length && a[at] === b[at]) at++
  const from = Math.max(0, at - around)
  const part = (bytes: Buffer) => {
    const some = bytes.subarray(from, at + around)
    const text = mask(some.toString('utf8'))
    return {
      text,
      hex: mask(some.toString('latin1')) === some.toString('latin1') ? hexOf(some) : '',
    }
  }
  return { at, theirs: part(a), ours: part(b) }
}

const hexOf = (bytes: Buffer) => bytes.toString('hex').replaceAll(/../g, '$& ').trimEnd()

/** What is shorter would be found in every word. */
const shortestSecret = 4

/** Puts `{secret}` wherever a secret stands, also where it was sent as a parameter. */
function masker(appSecret: string, otherSecrets: ReadonlyMap<string, string>) {
  const secrets = [appSecret, ...otherSecrets.values()].filter(
    (secret) => secret.length >= shortestSecret,
  )
  return (text: string) =>
    secrets.reduce((masked, secret) => masked.replaceAll(secret, '{secret}'), text)
}
