import type { Explanation } from '../protocol/errors.ts'

/** How much a finding weighs. A `notice` is held against nobody: nobody is known to enforce it. */
export type Severity = 'error' | 'warning' | 'notice'

interface KindOfBreach {
  readonly severity: Severity
  /** Where what was sent is nearly a known name: then it is a slip, and something is lost by it. */
  readonly misspelt?: Severity
  readonly title: Explanation
  /** What to do instead. */
  readonly advice: Explanation
}

/** Everything in which a call can break the contract of its method: the closed list. */
export const breachKinds = {
  'wrong-type': {
    severity: 'error',
    title: { en: 'A parameter is of the wrong type', zh: '参数类型错误' },
    advice: {
      en: 'Write the value as the documents have it; the platform answers 41.',
      zh: '请按文档要求的类型书写该值；平台会返回 41。',
    },
  },
  'out-of-limits': {
    severity: 'error',
    title: { en: 'A parameter is past its limits', zh: '参数超出限制' },
    advice: {
      en: 'Check lengths, ranges and counts before the call; the platform answers 41.',
      zh: '请在调用前检查长度、范围与个数；平台会返回 41。',
    },
  },
  'missing-parameter': {
    severity: 'error',
    title: { en: 'A required parameter is missing', zh: '缺少必填参数' },
    advice: {
      en: 'Send it, with a value: an empty one counts as not sent.',
      zh: '请传入该参数且值不为空：空值视为未传。',
    },
  },
  'unknown-parameter': {
    severity: 'warning',
    misspelt: 'error',
    title: { en: 'A parameter that the method does not have', zh: '该 API 没有的参数' },
    advice: {
      en: 'The platform ignores it without a word: put its name right or leave it out.',
      zh: '平台会静默忽略它：请改正名称或去掉。',
    },
  },
  'repeated-parameter': {
    severity: 'warning',
    title: { en: 'A parameter came more than once', zh: '参数重复' },
    advice: {
      en: 'Send it once: which one counts is not documented.',
      zh: '请只传一次：平台以哪一个为准没有文档说明。',
    },
  },
  'unknown-field': {
    severity: 'warning',
    misspelt: 'error',
    title: { en: 'fields asks for what no answer has', zh: 'fields 请求了应答中不存在的字段' },
    advice: {
      en: 'The answer comes without it and without an error: put its name right or leave it out.',
      zh: '应答不含该字段，也不会报错：请改正名称或去掉。',
    },
  },
  'unknown-method': {
    severity: 'error',
    title: { en: 'A method that the platform does not have', zh: '平台没有的 API' },
    advice: {
      en: 'Look the name up: localtop methods list WORD.',
      zh: '请查找正确名称：localtop methods list 关键词。',
    },
  },
  'malformed-call': {
    severity: 'error',
    title: { en: 'The call itself is not as the protocol has it', zh: '调用不符合协议' },
    advice: {
      en: 'Look at verb, encoding, v, format, timestamp and sign; the exchange in the journal says more.',
      zh: '请检查请求方法、编码、v、format、timestamp 与 sign；日志中的调用记录有更多说明。',
    },
  },
  'removed-method': {
    severity: 'notice',
    title: { en: 'A method that is gone from the documents', zh: '已从平台文档下线的 API' },
    advice: {
      en: 'It is still called, and the platform may end it: plan for its successor.',
      zh: '目前仍有人调用，平台随时可能停用：请计划迁移到后继 API。',
    },
  },
  'removed-parameter': {
    severity: 'notice',
    title: { en: 'A parameter that is gone from the documents', zh: '最新文档中已删除的参数' },
    advice: {
      en: 'The newest documents of the method do not have it any more; leave it out where nothing needs it.',
      zh: '该 API 的最新文档已没有此参数；不需要时请去掉。',
    },
  },
  'beyond-documents': {
    severity: 'notice',
    title: { en: 'A value beyond what documents mention', zh: '值超出文档所述' },
    advice: {
      en: 'Nobody is known to enforce it; the documents advise against it.',
      zh: '没有证据表明平台会强制检查，但文档不建议这样做。',
    },
  },
} as const satisfies Readonly<Record<string, KindOfBreach>>

export type BreachKind = keyof typeof breachKinds
export const breachKindNames = Object.keys(breachKinds) as BreachKind[]

/** One thing in which a call broke the contract of its method. Holds no secret. */
export interface CallBreach {
  readonly kind: BreachKind
  /** Where: `title`, `skus[0].price`, `fields: outerid`, `method`. */
  readonly path: string
  /** What was expected and what came, in a sentence. */
  readonly detail: Explanation
  /** The name that was probably meant. */
  readonly meant?: string | undefined
}

/** How much a breach weighs. */
export function severityOf({ kind, meant }: Pick<CallBreach, 'kind' | 'meant'>): Severity {
  const { severity, misspelt }: KindOfBreach = breachKinds[kind]
  return (meant !== undefined && misspelt) || severity
}
