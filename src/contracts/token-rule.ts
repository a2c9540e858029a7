import { oauthPaths } from './protocol/oauth.ts'

/** What a rule about `/token` can do: the rest concerns calls of methods. */
const tokenEffects: ReadonlySet<string> = new Set([
  'refuseToken',
  'appSecret',
  'quota',
  'clock',
  'delay',
  'fault',
  'answer',
  'patch',
  'setState',
])

/** Conditions that a request to `/token` can never meet: it carries no session and names no item. */
const foreignConditions = ['session', 'item'] as const

interface RuleProblem {
  readonly path: string[]
  readonly message: string
}

/**
 * What in a rule does not go together with the endpoint that it is about: `/token`, or methods.
 *
 * @param methods the methods and paths that the rule names
 */
export function tokenProblems(
  methods: readonly string[],
  when: Readonly<Record<string, unknown>>,
  then: { readonly fault?: { readonly kind: string } | undefined } & Readonly<
    Record<string, unknown>
  >,
): RuleProblem[] {
  const { token } = oauthPaths
  if (!methods.includes(token)) {
    return then.refuseToken === undefined
      ? []
      : [
          {
            path: ['then', 'refuseToken'],
            message: `refuseToken is about ${token}: write when: { method: ${token} }`,
          },
        ]
  }
  const problems: RuleProblem[] = []
  if (methods.length > 1) {
    problems.push({
      path: ['when', 'method'],
      message: `${token} stands alone: methods need a rule of their own`,
    })
  }
  for (const name of foreignConditions) {
    if (when[name] === undefined) continue
    problems.push({
      path: ['when', name],
      message: `${token} knows no ${name}, so this rule can never match`,
    })
  }
  for (const [name, value] of Object.entries(then)) {
    if (value === undefined || tokenEffects.has(name)) continue
    const instead = name === 'refuse' ? '; refuseToken refuses there' : ''
    problems.push({ path: ['then', name], message: `${name} does not go with ${token}${instead}` })
  }
  if (then.fault?.kind === 'xml') {
    problems.push({
      path: ['then', 'fault'],
      message: `${token} answers JSON only: the fault xml would do nothing`,
    })
  }
  return problems
}
