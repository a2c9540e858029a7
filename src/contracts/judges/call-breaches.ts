import type * as z from 'zod'
import { adviceAgainst, argumentsOf, isSent, show, unknownArguments } from '../arguments.ts'
import { findRow } from '../catalogue/rows.ts'
import { type AnyContract, parsing, requiredParameters, shapeOfAnswer } from '../define-method.ts'
import { magicReference } from '../error-reference.ts'
import { getOrCreate } from '../get-or-create.ts'
import { nearest } from '../near.ts'
import { pathText } from '../problems.ts'
import type { ProfileName } from '../profile.ts'
import type { Explanation } from '../protocol/errors.ts'
import { fieldsNeverThere, selectionOf } from '../protocol/fields.ts'
import { parseJson } from '../protocol/json.ts'
import { isSystemParameter, systemParameters } from '../protocol/parameters.ts'
import type { WireArguments } from '../protocol/scalars.ts'
import { metaOf } from '../protocol/wire-shape.ts'
import { isSecretName } from '../secret-names.ts'
import { structureOddities } from '../structure-oddities.ts'
import type { BreachKind, CallBreach } from './breach.ts'

/** A call as it was sent: nothing masked, nothing cut. */
export interface SentToMethod {
  readonly contract: AnyContract
  readonly profile: ProfileName
  /** Texts and files, those of the platform too. */
  readonly sent: WireArguments
  /** Names that came more than once. */
  readonly repeated?: readonly string[] | undefined
  /** Whether a scenario made this value up and the caller only handed it back. @default nothing is */
  readonly isScripted?: (value: string) => boolean
}

/**
 * In what a call breaks the contract of its method, by the same schemas that the gateway's gates and the
 * client judge it by; all of it, where a gate stops at the first. How the call was answered has no part in it.
 */
export function breachesOf(call: SentToMethod): CallBreach[] {
  const { contract, repeated = [] } = call
  const again = [...new Set(repeated)].filter((name) => !isSystemParameter(name))
  const known = [
    ...again.map((name) =>
      breach('repeated-parameter', name, {
        en: `"${name}" came more than once; the first one counts.`,
        zh: `"${name}" 出现多次；以第一个为准。`,
      }),
    ),
    ...(factsOf(contract.name).isRemoved ? [removedMethod(contract)] : []),
  ]
  // Where nobody knows the parameters, any may be right.
  if (contract.tier === 'name-only' || factsOf(contract.name).isBare) return known
  return [...missing(call), ...unknown(call), ...values(call), ...fields(call), ...known]
}

const breach = (kind: BreachKind, path: string, detail: Explanation, meant?: string) => ({
  kind,
  path,
  detail,
  ...(meant !== undefined && { meant }),
})

const removedMethod = ({ name }: AnyContract) =>
  breach('removed-method', 'method', {
    en: `${name} has been taken out of the platform's directory.`,
    zh: `${name} 已从平台目录下线。`,
  })

interface DocumentedFacts {
  readonly isRemoved: boolean
  /** No parameters are known, and nobody knows whether there are any. */
  readonly isBare: boolean
  readonly removed: ReadonlySet<string>
  /** Names that documents show in `fields`, whatever the answer is said to have. */
  readonly asked: ReadonlySet<string>
}

const documented = new Map<string, DocumentedFacts>()

/** What the catalogue knows beyond a contract. */
const factsOf = (method: string): DocumentedFacts =>
  getOrCreate(documented, method, () => {
    const row = findRow(method)
    const params = row?.params ?? []
    const asked = params.find(({ name }) => name === 'fields')
    return {
      isRemoved: row?.status === 'removed',
      isBare: params.length === 0 && row?.requiredUnknown === true,
      removed: new Set(params.flatMap(({ name, removed }) => (removed ? [name] : []))),
      asked: new Set([...(asked?.fieldOptions ?? []), ...namesIn(asked?.example ?? '')]),
    }
  })

const namesIn = (text: string) =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')

function missing({ contract, profile, sent }: SentToMethod): CallBreach[] {
  const names = requiredParameters(contract, profile).filter((name) => !isSent(sent[name]))
  if (contract.session === 'required' && !isSent(sent.session)) names.push('session')
  return names.map((name) =>
    breach('missing-parameter', name, {
      en: `${contract.name} demands "${name}" in the ${profile} profile; it is absent or empty.`,
      zh: `${contract.name} 在 ${profile} 模式下必须传 "${name}"，而请求中没有或为空。`,
    }),
  )
}

function unknown({ contract, sent }: SentToMethod): CallBreach[] {
  const names = Object.keys(sent).filter((name) => !isSystemParameter(name) && isSent(sent[name]))
  const odd = unknownArguments(contract, names)
  if (odd.length === 0) return []
  // What was sent under its right name cannot be what another name meant.
  const open = [...argumentsOf(contract).keys(), ...Object.keys(systemParameters)].filter(
    (name) => !isSent(sent[name]),
  )
  return odd.map((name) => {
    const meant = nearest(name, open)
    return breach(
      'unknown-parameter',
      name,
      {
        en: `${contract.name} has no parameter "${name}"${didYouMean(meant)}`,
        zh: `${contract.name} 没有参数 "${name}"${didYouMeanZh(meant)}`,
      },
      meant,
    )
  })
}

const didYouMean = (meant: string | undefined) =>
  meant === undefined ? '.' : `. Did you mean "${meant}"?`
const didYouMeanZh = (meant: string | undefined) =>
  meant === undefined ? '。' : `，是否应为 "${meant}"？`

/** A structure full of mistakes is described by its first ones. */
const mostIssues = 20

function values(call: SentToMethod): CallBreach[] {
  const { contract, sent, isScripted = () => false } = call
  const found: CallBreach[] = []
  const known = argumentsOf(contract)
  const { removed } = factsOf(contract.name)
  // What was sent, not what could have been: some methods have more than a hundred parameters.
  for (const name in sent) {
    const schema = known.get(name)?.schema
    const value = sent[name]
    if (!schema || value === undefined || !isSent(value)) continue
    // Whoever tests asks for an error in this way.
    if (typeof value === 'string' && magicReference(value) !== undefined) continue
    if (removed.has(name)) found.push(removedParameter(contract, name))
    const isHidden = contract.secret || isSecretName(name)
    const result = schema.safeParse(value, parsing(contract))
    if (!result.success) {
      for (const issue of result.error.issues.slice(0, mostIssues)) {
        const [path, received] = placeOf(name, value, issue)
        if (typeof received === 'string' && isScripted(received)) continue
        const isMasked = isHidden || issue.path.some((one) => isSecretName(String(one)))
        const text = isMasked ? '***' : show(received)
        found.push(
          breach(isPastLimit(issue) ? 'out-of-limits' : 'wrong-type', path, {
            en: `"${path}" was "${text}": ${issue.message}.`,
            zh: `参数 "${path}" 的值 "${text}" 不合法：${issue.message}。`,
          }),
        )
      }
    } else if (typeof value === 'string' && !isHidden) {
      found.push(...oddities(name, value, schema))
    }
  }
  return found
}

const removedParameter = ({ name: method }: AnyContract, name: string) =>
  breach('removed-parameter', name, {
    en: `"${name}" is gone from the newest documents of ${method}.`,
    zh: `${method} 的最新文档已删除参数 "${name}"。`,
  })

/** What is odd about a value that is accepted. */
function oddities(name: string, value: string, schema: z.ZodType): CallBreach[] {
  return [
    ...structureOddities(name, value, schema).map(({ kind, path, meant, text }) =>
      breach(
        kind === 'unknown-field' ? 'unknown-parameter' : 'beyond-documents',
        path,
        {
          en: meant === undefined ? `${text}.` : text,
          zh: `${text}${meant === undefined ? '。' : ''}`,
        },
        meant,
      ),
    ),
    ...adviceAgainst(name, value, schema).map((text) =>
      breach('beyond-documents', name, { en: `${text}.`, zh: `${text}。` }),
    ),
  ]
}

/** Whether a value is of the right type, and too long, too large, too many, or none of a few. */
function isPastLimit(issue: z.core.$ZodIssue): boolean {
  switch (issue.code) {
    case 'too_big':
    case 'too_small':
      return true
    case 'invalid_value':
      // `true` and `false` are a type.
      return !issue.values.includes('true')
    case 'custom':
      return issue.params?.isLimit === true
    default:
      return false
  }
}

/** The place of an issue, and what stands there. */
function placeOf(name: string, value: WireArguments[string], { path }: z.core.$ZodIssue) {
  const place = pathText([name, ...path])
  if (path.length === 0 || typeof value !== 'string') return [place, value] as const
  let there: unknown = value
  try {
    there = path.reduce<unknown>(
      (whole, key) => (whole as Readonly<Record<PropertyKey, unknown>> | undefined)?.[key],
      parseJson(value),
    )
  } catch {
    // A comma-separated list.
    there = value.split(',')[Number(path[0])] ?? value
  }
  return [place, there] as const
}

function fields({ contract, sent, isScripted }: SentToMethod): CallBreach[] {
  const asked = sent.fields
  const schema = argumentsOf(contract).get('fields')?.schema
  if (typeof asked !== 'string' || !schema || metaOf(schema)?.items === undefined) return []
  if (magicReference(asked) !== undefined || isScripted?.(asked)) return []
  const { asked: inDocuments } = factsOf(contract.name)
  const names = namesIn(asked).filter((name) => !inDocuments.has(name))
  const { paths, known } = fieldsNeverThere(shapeOfAnswer(contract), selectionOf(names))
  return paths.map((path) => {
    const meant = nearest(path.split('.').at(-1) as string, [...known, ...inDocuments])
    return breach(
      'unknown-field',
      `fields: ${path}`,
      {
        en: `fields asks for "${path}", which no answer of ${contract.name} has${didYouMean(meant)}`,
        zh: `fields 请求了 "${path}"，而 ${contract.name} 的应答没有该字段${didYouMeanZh(meant)}`,
      },
      meant,
    )
  })
}
