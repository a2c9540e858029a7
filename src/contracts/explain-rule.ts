import type { Explanation } from './protocol/errors.ts'
import { parseTimeOfDay } from './protocol/timestamp.ts'
import { type Delay, methodsOf, type Rule, type TextMatch, timesOf } from './rule.ts'
import { isSecretName } from './secret-names.ts'
import { explainFault } from './wire-faults.ts'

/** A rule in one sentence, in English or Chinese. Secrets (session, app secret) are not in it. */
export function explainRule(rule: Rule, language: 'en' | 'zh' = 'en'): string {
  return language === 'en' ? inEnglish(rule) : inChinese(rule)
}

function inEnglish(rule: Rule): string {
  const { when } = rule
  const methods = methodsOf(rule)
  const { from, to } = when.between ?? {}
  const conditions = [
    methods.length > 0 ? `calls of ${listed(methods, 'or')}` : 'all calls',
    when.app && `by app ${when.app}`,
    when.session && 'with the session named',
    when.params && `with ${matchesIn(when.params)}`,
    when.item && `for an item with ${matchesIn(when.item)}`,
    from && (to ? `from ${from} to ${to}${daily(from, ' each day')}` : `from ${from} on`),
    !from && to && `until ${to}`,
    when.after && `once the rule has been in force for ${when.after}`,
    when.state && `while ${when.state}`,
    when.chance !== undefined && `with a chance of ${share(when.chance)}`,
  ]
  const limit = timesOf(rule)
  const often =
    limit === 1 ? 'once' : limit === Number.POSITIVE_INFINITY ? 'every time' : `${limit} times`
  return `Of ${whichCalls(when.call)}${conditions.filter(Boolean).join(' ')}: ${effectsIn(rule, 'en').join(', ')}, ${often}.`
}

/** Words for a stretch of time that comes every day. */
const daily = (from: string, words: string) => (parseTimeOfDay(from) === undefined ? '' : words)

function whichCalls(call: Rule['when']['call']): string {
  if (call === undefined) return ''
  if (typeof call === 'number') return `number ${call} of `
  const { from = 1, to, every } = call
  const range = `numbers ${from} to ${to ?? 'the last'}`
  if (every === undefined) return `${range} of `
  const each = `every ${ordinal(every)} of `
  return call.from === undefined && to === undefined ? each : `${each}${range} of `
}

const ordinal = (n: number) => {
  const ending = n % 100 >= 11 && n % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th')
  return `${n}${ending}`
}

function matchesIn(matches: Readonly<Record<string, TextMatch>>): string {
  return Object.entries(matches)
    .map(([name, match]) => matchIn(name, match))
    .join(', ')
}

function matchIn(name: string, match: TextMatch): string {
  if (isSecretName(name)) return `the ${name} named`
  if (typeof match === 'string') return `${name}=${match}`
  const { contains, matches, present } = match
  return [
    present === true && `some ${name}`,
    present === false && `no ${name}`,
    contains !== undefined && `"${contains}" in ${name}`,
    matches !== undefined && `${name} like /${matches}/`,
  ]
    .filter(Boolean)
    .join(' and ')
}

function inChinese(rule: Rule): string {
  const { when } = rule
  const methods = methodsOf(rule)
  const { from, to } = when.between ?? {}
  const conditions = [
    when.app && `应用 ${when.app}`,
    when.session && '指定的会话',
    when.params && matchesInChinese(when.params),
    when.item && `商品的${matchesInChinese(when.item)}`,
    from && (to ? `${daily(from, '每天 ')}${from} 至 ${to}` : `${from} 起`),
    !from && to && `${to} 之前`,
    when.after && `规则生效 ${when.after} 后`,
    when.state && `状态为 ${when.state}`,
    when.chance !== undefined && `概率 ${share(when.chance)}`,
  ].filter(Boolean)
  const limit = timesOf(rule)
  const often =
    limit === 1 ? '一次' : limit === Number.POSITIVE_INFINITY ? '每次都如此' : `共 ${limit} 次`
  const who = methods.length > 0 ? `${listed(methods, '或')} 的` : ''
  const which = whichCallsInChinese(when.call)
  const limits = conditions.length > 0 ? `（${conditions.join('，')}）` : ''
  return `${who}${which}调用${limits}：${effectsIn(rule, 'zh').join('，')}，${often}。`
}

function whichCallsInChinese(call: Rule['when']['call']): string {
  if (call === undefined) return '所有'
  if (typeof call === 'number') return `第 ${call} 次`
  const { from = 1, to, every } = call
  const range = to === undefined ? `从第 ${from} 次起` : `第 ${from} 至 ${to} 次`
  if (every === undefined) return `${range}的`
  const isWhole = call.from === undefined && to === undefined
  return isWhole ? `每 ${every} 次中最后一次` : `${range}中每 ${every} 次最后一次`
}

function matchesInChinese(matches: Readonly<Record<string, TextMatch>>): string {
  return Object.entries(matches)
    .map(([name, match]) => {
      if (isSecretName(name)) return `指定的 ${name}`
      if (typeof match === 'string') return `${name}=${match}`
      const { contains, matches: pattern, present } = match
      return [
        present === true && `有 ${name}`,
        present === false && `没有 ${name}`,
        contains !== undefined && `${name} 含“${contains}”`,
        pattern !== undefined && `${name} 符合 /${pattern}/`,
      ]
        .filter(Boolean)
        .join('且')
    })
    .join('，')
}

/** Each effect in the order in which it comes about. */
function effectsIn({ then }: Rule, language: 'en' | 'zh'): string[] {
  const { refuse, ban, delay, fault } = then
  const texts: (Explanation | undefined)[] = [
    delay !== undefined ? explainDelay(delay) : undefined,
    refuse !== undefined
      ? Array.isArray(refuse)
        ? {
            en: `refuse one after the other with ${refuse.join(', ')}`,
            zh: `依次以 ${refuse.join('、')} 拒绝`,
          }
        : { en: `refuse it with ${refuse}`, zh: `以 ${refuse} 拒绝` }
      : undefined,
    then.refuseAfter !== undefined
      ? {
          en: `carry it out and refuse it with ${then.refuseAfter} all the same`,
          zh: `执行后仍以 ${then.refuseAfter} 拒绝`,
        }
      : undefined,
    then.refuseToken !== undefined
      ? { en: `refuse it with ${then.refuseToken}`, zh: `以 ${then.refuseToken} 拒绝` }
      : undefined,
    ban && explainBan(ban),
    then.expireSession && { en: 'end its session', zh: '使其会话到期' },
    then.revokeSession && { en: 'revoke its session', zh: '撤销其会话授权' },
    then.lag !== undefined
      ? {
          en: `show the shop without the items of the last ${then.lag}`,
          zh: `应答中看不到最近 ${then.lag} 内新建的商品`,
        }
      : undefined,
    then.answer && {
      en: `answer it with ${Object.keys(then.answer).join(', ') || 'nothing'} and carry nothing out`,
      zh: `直接以 ${Object.keys(then.answer).join('、') || '空内容'} 应答而不执行`,
    },
    then.patch && {
      en: `change ${Object.keys(then.patch).join(', ') || 'nothing'} in the answer`,
      zh: `修改应答中的 ${Object.keys(then.patch).join('、') || '（无）'}`,
    },
    fault && explainFault(fault),
    then.quota !== undefined
      ? { en: `limit the app to ${then.quota} from then on`, zh: `此后应用限额为 ${then.quota}` }
      : undefined,
    then.appSecret !== undefined
      ? { en: 'give the app another secret', zh: '更换应用的密钥' }
      : undefined,
    then.setState !== undefined
      ? { en: `set ${then.setState}`, zh: `状态变为 ${then.setState}` }
      : undefined,
    then.clock !== undefined
      ? { en: `move the clock by ${then.clock}`, zh: `时钟移动 ${then.clock}` }
      : undefined,
  ]
  return texts.flatMap((text) => text?.[language] ?? [])
}

/** Whom a kind of ban is about, where it is not the app alone. */
const banned: Readonly<Record<string, Explanation>> = {
  'accesscontrol.limited-by-api-access-count': { en: 'the API', zh: '该接口' },
  'accesscontrol.limited-by-app-api-access-count': {
    en: 'the API for the app',
    zh: '应用对该接口的调用',
  },
}

function explainBan({ for: time, kind, until }: BanEffect): Explanation {
  const whom = banned[kind ?? ''] ?? { en: 'the app', zh: '应用' }
  const what = { en: kind ? ` (${kind})` : '', zh: kind ? `（${kind}）` : '' }
  return until
    ? { en: `ban ${whom.en} until midnight${what.en}`, zh: `封禁${whom.zh}至午夜${what.zh}` }
    : { en: `ban ${whom.en} for ${time}${what.en}`, zh: `封禁${whom.zh} ${time}${what.zh}` }
}

interface BanEffect {
  readonly for?: string | undefined
  readonly until?: 'midnight' | undefined
  readonly kind?: string | undefined
}

function explainDelay(delay: Delay): Explanation {
  if (typeof delay === 'string') return { en: `answer it ${delay} later`, zh: `延迟 ${delay} 应答` }
  if ('uniform' in delay) {
    const [from, to] = delay.uniform
    return { en: `answer it ${from} to ${to} later`, zh: `延迟 ${from} 至 ${to} 应答` }
  }
  const { median, sigma } = delay.logNormal
  return {
    en: `answer it about ${median} later (log-normal, sigma ${sigma})`,
    zh: `延迟约 ${median} 应答（对数正态分布，σ=${sigma}）`,
  }
}

const listed = (names: readonly string[], last: string) =>
  names.length < 2
    ? (names[0] ?? '')
    : `${names.slice(0, -1).join(', ')} ${last} ${names[names.length - 1]}`

const share = (chance: number) => `${Math.round(chance * 10_000) / 100} %`
