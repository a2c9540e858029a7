import type { Explanation } from '../protocol/errors.ts'
import type { TextParams } from '../protocol/sign.ts'
import type { FixName } from './fixes.ts'
import type { Entry, Recipe } from './recipe.ts'

/** What the gateway knows about a refused call. */
export interface Evidence {
  /** The text parameters as they were received, `sign` among them, in the order of receipt. */
  readonly params: TextParams
  readonly files: readonly EvidenceFile[]
  /** The raw body that belongs to the signature: of batch, JSON and XML calls. */
  readonly body: string
  /** The text of a query or form as it travelled, where it is known. */
  readonly form: string | undefined
  readonly appSecret: string
  /** Secrets of other apps by app key. */
  readonly otherSecrets: ReadonlyMap<string, string>
  /** Sessions that the app has been given. */
  readonly sessions: readonly string[]
  /** Parameters that the called method takes, where it is known. */
  readonly knownParameters: readonly string[]
}

export interface EvidenceFile {
  readonly name: string
  readonly fileName: string
  readonly bytes: Uint8Array
}

/** Turns a way to sign into another one. Applied one after the other, two of them are two mistakes. */
export type Change = (recipe: Recipe) => Recipe

/** One wrong way to sign. */
export interface Variant {
  readonly apply: Change
  /** The parameter that it is about. */
  readonly parameter?: string
  readonly detail: Explanation
  /** One of so many that it is tried alone only, never together with another mistake. */
  readonly rare?: boolean
}

/** A mistake that people make when they sign. */
export interface Hypothesis {
  /** As `explain` answers it. */
  readonly id: string
  readonly title: Explanation
  /** Which line of a client has to change. */
  readonly fix: FixName
  /** Whether it may be made twice, with two parameters. */
  readonly repeats?: boolean
  readonly variants: (recipe: Recipe, evidence: Evidence) => Iterable<Variant>
}

export const explain = (en: string, zh: string): Explanation => ({ en, zh })

/** Leaves parameters out. */
export const without =
  (names: ReadonlySet<string>): Change =>
  (recipe) => ({ ...recipe, entries: recipe.entries.filter((entry) => !names.has(entry.name)) })

/** Adds parameters behind the others. */
export const withEntries =
  (...added: readonly Pick<Entry, 'name' | 'value'>[]): Change =>
  (recipe) => ({
    ...recipe,
    entries: [
      ...recipe.entries,
      ...added.map((entry) => ({ ...entry, at: Number.MAX_SAFE_INTEGER })),
    ],
  })

/** Changes values that are texts. */
export const mapValues =
  (change: (value: string, name: string) => string | Uint8Array): Change =>
  (recipe) => ({
    ...recipe,
    entries: recipe.entries.map((entry) => {
      if (typeof entry.value !== 'string') return entry
      const value = change(entry.value, entry.name)
      return value === entry.value ? entry : { ...entry, value }
    }),
  })

/** Signs parameters with other values. */
export const withValues = (values: ReadonlyMap<string, string | Uint8Array>): Change =>
  mapValues((value, name) => values.get(name) ?? value)

/** Signs one parameter with another value. */
export const withValue = (name: string, value: string | Uint8Array): Change =>
  withValues(new Map([[name, value]]))

/** A recipe's parameters as they were sent. */
export const inOrderOfSending = ({ entries }: Recipe): readonly Entry[] =>
  [...entries].sort((a, b) => a.at - b.at)

/** The parameters whose values are text. */
export function* texts(recipe: Recipe): Iterable<{ name: string; value: string }> {
  for (const { name, value } of recipe.entries) {
    if (typeof value === 'string') yield { name, value }
  }
}

/** A value as a message shows it. */
export const shown = (value: string): string =>
  JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value)
