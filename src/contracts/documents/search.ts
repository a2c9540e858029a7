import { nearest } from '../near.ts'
import { type Tier, tiers } from '../tier.ts'
import type { ListedMethod } from './facts.ts'

export const sessionWords = ['required', 'optional', 'none', 'unknown'] as const
export const statusWords = ['listed', 'removed', 'sdk-only', 'own'] as const

/** What a list of methods is narrowed by; everything given must fit. */
export interface MethodFilter {
  /** Each must occur in the name or in the group. */
  readonly words?: readonly string[] | undefined
  readonly tier?: Tier | undefined
  readonly session?: (typeof sessionWords)[number] | undefined
  /** A part of the group. */
  readonly group?: string | undefined
  readonly status?: (typeof statusWords)[number] | undefined
}

/** Methods that were looked for. */
export interface MethodList {
  /** How many fit. */
  readonly total: number
  /** How many of these are answered how. */
  readonly tiers: Readonly<Record<Tier, number>>
  /** As many as were asked for. */
  readonly methods: readonly ListedMethod[]
  /** Where none fit: what was probably meant by the words. */
  readonly meant?: readonly string[]
}

/** Searches, counts and cuts. @param limit the most that are listed; all where it is absent */
export function listMethods(
  all: readonly ListedMethod[],
  { limit, ...filter }: MethodFilter & { readonly limit?: number | undefined },
): MethodList {
  const found = searchMethods(all, filter)
  const count = (tier: Tier) => found.filter((method) => method.tier === tier).length
  const meant = found.length === 0 ? meantBy(all, filter.words ?? []) : []
  return {
    total: found.length,
    tiers: Object.fromEntries(tiers.map((tier) => [tier, count(tier)])) as Record<Tier, number>,
    methods: found.slice(0, limit),
    ...(meant.length > 0 && { meant }),
  }
}

/** The methods that fit, those first whose names are little more than the words. */
function searchMethods(
  methods: readonly ListedMethod[],
  { words = [], tier, session, group, status }: MethodFilter,
): ListedMethod[] {
  const wanted = words.flatMap((word) => word.toLowerCase().split(/\s+/)).filter(Boolean)
  const found = methods.filter((method) => {
    const text = `${method.name} ${method.group}`.toLowerCase()
    return (
      wanted.every((word) => text.includes(word)) &&
      (tier === undefined || method.tier === tier) &&
      (session === undefined || method.session === session) &&
      (status === undefined || method.status === status) &&
      (group === undefined || method.group.toLowerCase().includes(group.toLowerCase()))
    )
  })
  if (wanted.length === 0) return found
  /** How many of the words are a whole part of the name, and how many parts it has besides. */
  const fitOf = ({ name }: ListedMethod) => {
    const parts = partsOf(name)
    const whole = wanted.filter((word) => parts.includes(word) || name === word).length
    return { whole, others: parts.length - whole }
  }
  return found
    .map((method) => ({ method, ...fitOf(method) }))
    .sort((a, b) => b.whole - a.whole || a.others - b.others)
    .map(({ method }) => method)
}

const partsOf = (name: string) => name.toLowerCase().split(/[._]/)

/**
 * What was probably meant by words that nothing has: for each the nearest method name or part of one.
 * Empty where nothing is near.
 */
function meantBy(methods: readonly ListedMethod[], words: readonly string[]): string[] {
  const names = methods.map(({ name }) => name)
  const parts = new Set(methods.flatMap(({ name, group }) => [...partsOf(name), group]))
  return words.flatMap((word) => {
    const text = word.toLowerCase()
    if (names.some((name) => name.includes(text))) return []
    if (methods.some(({ group }) => group.toLowerCase().includes(text))) return []
    return nearest(text, text.includes('.') ? names : parts) ?? []
  })
}

/**
 * The methods that a name which does not exist may mean: the nearest by letters, and those that have
 * all its parts.
 */
export function methodsNear(names: readonly string[], wanted: string): string[] {
  const closest = nearest(wanted, names)
  const parts = partsOf(wanted).filter(Boolean)
  const related = names.filter((name) => {
    const own = partsOf(name)
    return parts.length > 0 && parts.every((part) => own.includes(part))
  })
  const shortest = related.sort((a, b) => a.length - b.length).slice(0, 5)
  return [...new Set([...(closest === undefined ? [] : [closest]), ...shortest])].slice(0, 5)
}
