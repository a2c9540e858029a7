import type { Explanation } from '../protocol/errors.ts'
import type { FieldFacts, MethodFacts, SideFacts } from './facts.ts'
import { adviceInWords, limitsInWords } from './words.ts'

/** A page about one method, still without any layout. */
export interface ReferencePage {
  readonly title: string
  readonly summary?: string
  /** What is known of the method as a whole. */
  readonly about: readonly (readonly [label: string, text: string])[]
  readonly parameters: PageTable
  readonly response: PageTable
}

export interface PageTable {
  readonly heading: string
  readonly columns: readonly string[]
  readonly rows: readonly PageRow[]
  /** What stands there instead of, or below, the rows. */
  readonly note?: string
}

export interface PageRow {
  /** How deep in structures it stands; 0 is a parameter or a field below the root. */
  readonly depth: number
  readonly name: string
  readonly type: string
  readonly required: string
  /** Enforced. */
  readonly limits: string
  /** Not enforced: advice of documents, defaults, examples. */
  readonly notes: string
}

export const pageLanguages = ['en', 'zh'] as const
export type PageLanguage = (typeof pageLanguages)[number]

/** Everything that is known of a method, in words of one language. */
export function referencePage(facts: MethodFacts, lang: PageLanguage): ReferencePage {
  const say = ({ en, zh }: Explanation) => (lang === 'zh' ? zh : en)
  const { name, summary, group, status, changed, source, root, request, response } = facts
  const changes = changed === undefined ? [] : [`${say(words.changed)} ${changed}`]
  return {
    title: name,
    ...(summary !== undefined && { summary }),
    about: [
      [say(words.group), group === 'unknown' ? say(words.unknownGroup) : group],
      [say(words.status), [say(statuses[status]), ...changes].join(lang === 'zh' ? '，' : ', ')],
      [say(words.session), `${say(sessions[facts.session])} (${facts.sessionBasis})`],
      ...(facts.level ? ([[say(words.level), facts.level]] as const) : []),
      [say(words.tier), `${facts.tier}: ${say(tierWords[facts.tier])}`],
      [say(words.repeatable), say(facts.repeatable ? words.harmless : words.harmful)],
      [say(words.root), root],
      [say(words.source), source],
    ],
    parameters: {
      heading: say(words.parameters),
      columns: [words.name, words.type, words.required, words.limits, words.notes].map(say),
      rows: rowsOf(request, say, 'JSON '),
      ...noteOn(facts, say),
    },
    response: {
      heading: say(words.response),
      columns: [words.name, words.type, words.notes].map(say),
      rows: rowsOf(response, say, ''),
      ...(response.fields.length === 0 && {
        note: say(isAnswerKnown(facts) ? words.noFields : words.unknownAnswer),
      }),
    },
  }
}

type Say = (text: Explanation) => string

const isAnswerKnown = ({ tier }: MethodFacts) => tier === 'stateful' || tier === 'stub'

function noteOn({ tier, request, requiredUnknown }: MethodFacts, say: Say): { note?: string } {
  if (tier === 'name-only') return { note: say(words.unknownParameters) }
  if (request.fields.length === 0) return { note: say(words.noParameters) }
  return requiredUnknown ? { note: say(words.requiredUnknown) } : {}
}

/**
 * The fields of one side, each structure taken apart where it is first met.
 *
 * @param written how structures are written at the top: a parameter is JSON in a text
 */
function rowsOf({ fields, structures }: SideFacts, say: Say, written: string): PageRow[] {
  const shown = new Set<string>()
  return below(fields, 0)

  function below(some: readonly FieldFacts[], depth: number): PageRow[] {
    return some.flatMap((field) => {
      const { structure } = field
      const again = structure !== undefined && shown.has(structure)
      const row = rowOf(field, depth, again)
      if (structure === undefined || again) return [row]
      shown.add(structure)
      return [row, ...below(structures[structure] ?? [], depth + 1)]
    })
  }

  function rowOf(field: FieldFacts, depth: number, again: boolean): PageRow {
    const { name, list, element, documentType, required, requiredIn, removed } = field
    const prefix = depth === 0 && field.structure !== undefined ? written : ''
    const isDate = field.type === 'Date'
    const advice = adviceInWords(field).map(say)
    const notes = [
      ...(again ? [say(words.again)] : []),
      ...(removed ? [say(words.removed)] : []),
      ...(advice.length > 0 ? [`${say(words.advised)} ${advice.join('; ')}`] : []),
      ...(field.format === undefined || isDate ? [] : [field.format]),
      ...(field.default === undefined ? [] : [`${say(words.default)} ${field.default}`]),
      ...(field.examples ? [`${say(words.example)} ${field.examples.join(', ')}`] : []),
      ...(field.fieldOptions ? [`${say(words.options)} ${field.fieldOptions.join(', ')}`] : []),
    ]
    return {
      depth,
      name: list === 'wrapped' ? `${name}.${element}[]` : name,
      type: `${prefix}${documentType}${list === undefined || list === 'wrapped' ? '' : list === 'either' ? '|[]' : '[]'}`,
      required: required
        ? say(depth === 0 ? words.yes : words.documents)
        : (requiredIn?.join(', ') ?? ''),
      limits: [
        ...(list === 'commas' ? [say(words.commas)] : []),
        ...(isDate && field.format ? [field.format] : []),
        ...limitsInWords(field).map(say),
      ].join('; '),
      notes: notes.join('; '),
    }
  }
}

const words = {
  group: { en: 'group', zh: '类目' },
  unknownGroup: { en: 'no document names one', zh: '文档未标明' },
  status: { en: 'status', zh: '状态' },
  changed: { en: 'changed', zh: '变更于' },
  session: { en: 'session', zh: '授权' },
  level: { en: 'level', zh: '安全级别' },
  tier: { en: 'tier', zh: '模拟程度' },
  repeatable: { en: 'sent twice', zh: '重复调用' },
  harmless: { en: 'does no harm', zh: '没有副作用' },
  harmful: { en: 'may do its work twice', zh: '可能重复执行' },
  root: { en: 'root', zh: '响应根节点' },
  source: { en: 'source', zh: '来源' },
  parameters: { en: 'Parameters', zh: '业务参数' },
  response: { en: 'Response fields', zh: '响应字段' },
  name: { en: 'name', zh: '名称' },
  type: { en: 'type', zh: '类型' },
  required: { en: 'required', zh: '必填' },
  limits: { en: 'enforced', zh: '强制限制' },
  notes: { en: 'not enforced', zh: '参考信息（不强制）' },
  yes: { en: 'yes', zh: '是' },
  documents: { en: 'by documents', zh: '文档要求' },
  commas: { en: 'comma-separated', zh: '以逗号分隔' },
  again: { en: 'as above', zh: '同上' },
  removed: { en: 'gone from the newest documents', zh: '最新文档中已删除' },
  advised: { en: 'documents mention', zh: '文档提到' },
  default: { en: 'default', zh: '默认值' },
  example: { en: 'e.g.', zh: '例如' },
  options: { en: 'fields:', zh: '可选字段：' },
  noFields: { en: 'It answers its root alone.', zh: '只返回根节点。' },
  unknownAnswer: {
    en: 'Nobody knows what this method answers; the gateway answers an empty root.',
    zh: '没有人知道该 API 的响应内容，网关只返回空的根节点。',
  },
  unknownParameters: {
    en: 'Nobody knows its parameters; any are accepted.',
    zh: '没有人知道该 API 的参数，任何参数都接受。',
  },
  noParameters: { en: 'It takes none.', zh: '没有业务参数。' },
  requiredUnknown: {
    en: 'Nobody knows which of them are required.',
    zh: '没有人知道其中哪些是必填的。',
  },
} as const satisfies Readonly<Record<string, Explanation>>

const statuses: Readonly<Record<MethodFacts['status'], Explanation>> = {
  listed: { en: 'in the directory of the platform', zh: '在平台 API 目录中' },
  removed: { en: 'taken out of the directory, still called', zh: '已从平台目录下线，仍有人调用' },
  'sdk-only': { en: 'seen in SDKs only', zh: '只见于 SDK' },
  own: { en: 'no method of the platform', zh: '不是平台的 API' },
}

const sessions: Readonly<Record<MethodFacts['session'], Explanation>> = {
  required: { en: 'required', zh: '必须' },
  optional: { en: 'optional', zh: '可选' },
  none: { en: 'not needed', zh: '不需要' },
  unknown: { en: 'unknown, so taken with and without', zh: '未知，有无均接受' },
}

/** What each tier means, in a sentence. */
export const tierWords: Readonly<Record<MethodFacts['tier'], Explanation>> = {
  stateful: {
    en: 'parameters are checked and a shop is read and changed',
    zh: '校验参数，并读写本地店铺',
  },
  stub: {
    en: 'parameters are checked, the answer is a sample, the same for the same request',
    zh: '校验参数，返回样例数据，同样的请求得到同样的响应',
  },
  'request-only': {
    en: 'parameters are checked, the answer is an empty root, for nobody knows more',
    zh: '校验参数，因响应内容未知而返回空的根节点',
  },
  'name-only': {
    en: 'any parameters are accepted, the answer is an empty root, for only the name is known',
    zh: '只知其名：接受任何参数，返回空的根节点',
  },
}
