import { nearest } from './near.ts'
import { oauthPaths } from './protocol/oauth.ts'
import type { KnownMethods } from './registry.ts'
import { decidersOf, initialState, isOfMethod, methodsOf, type Rule } from './rule.ts'

/** Something wrong with the rules of a scenario, by its place in it. */
export interface RuleProblem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/**
 * Rules that can never match, whatever a caller does, as far as the rules and their world say so.
 *
 * @param apps the app keys of the scenario's own world; `undefined` where it brings none
 */
export function deadRules(
  rules: readonly Rule[],
  apps: ReadonlySet<string> | undefined,
): RuleProblem[] {
  return rules.flatMap((rule, at) => [
    ...stateProblem(rule, at, rules),
    ...appProblem(rule, at, apps),
    ...shadowProblem(rule, at, rules),
  ])
}

function stateProblem({ when }: Rule, at: number, rules: readonly Rule[]): RuleProblem[] {
  const { state } = when
  if (state === undefined || state.endsWith(`=${initialState}`)) return []
  if (rules.some(({ then }) => then.setState === state)) return []
  return [
    {
      path: ['rules', at, 'when', 'state'],
      message: `no rule sets ${state}, so this one can never match`,
    },
  ]
}

function appProblem(
  { when }: Rule,
  at: number,
  apps: ReadonlySet<string> | undefined,
): RuleProblem[] {
  if (when.app === undefined || !apps || apps.has(when.app)) return []
  return [
    {
      path: ['rules', at, 'when', 'app'],
      message: `the scenario's world has no app "${when.app}", so this rule can never match; it has ${[...apps].join(', ') || 'none'}`,
    },
  ]
}

/** A rule behind one that decides every call it could be about. */
function shadowProblem(rule: Rule, at: number, rules: readonly Rule[]): RuleProblem[] {
  if (decidersOf(rule.then).length === 0) return []
  const by = rules.slice(0, at).findIndex((before) => {
    const { method: _, ...conditions } = before.when
    const isUnconditional = Object.values(conditions).every((value) => value === undefined)
    if (!isUnconditional || before.times !== 'always' || decidersOf(before.then).length === 0)
      return false
    const covered = methodsOf(before)
    const own = methodsOf(rule)
    const covers = (one: string) =>
      covered.some((pattern) =>
        one.endsWith('*')
          ? pattern.endsWith('*') && one.startsWith(pattern.slice(0, -1))
          : isOfMethod(pattern, one),
      )
    return covered.length === 0 || (own.length > 0 && own.every(covers))
  })
  if (by < 0) return []
  return [
    {
      path: ['rules', at],
      message: `rules[${by}] decides every call that this rule is about, so it can never happen`,
    },
  ]
}

/** Rules about a method that nobody answers. */
export function unknownMethods(rules: readonly Rule[], known: KnownMethods): RuleProblem[] {
  const isKnown = (pattern: string) =>
    known.has(pattern) ||
    pattern === oauthPaths.token ||
    (pattern.endsWith('*') && known.all().some((name) => isOfMethod(pattern, name)))
  return rules.flatMap((rule, at) =>
    methodsOf(rule).flatMap((pattern, index): RuleProblem[] => {
      if (isKnown(pattern)) return []
      const meant = nearest(pattern.replace(/\.?\*$/, ''), known.all())
      const place = Array.isArray(rule.when.method) ? ['method', index] : ['method']
      return [
        {
          path: ['rules', at, 'when', ...place],
          message: `no method is called "${pattern}" here, so this rule can never match${meant ? `; did you mean ${meant}?` : ''}`,
        },
      ]
    }),
  )
}
