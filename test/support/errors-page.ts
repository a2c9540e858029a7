import type { Explanation, Fidelity, Retry } from '../../src/contracts/index.ts'
import { type ErrorCatalogue, type ListedError, magicParameters } from '../../src/server/index.ts'

export type Language = keyof Explanation

const labels: Readonly<Record<Fidelity['fidelity'], Explanation>> = {
  documented: { en: 'documented', zh: '有文档' },
  observed: { en: 'observed', zh: '见过实例' },
  assumed: { en: 'assumed', zh: '推测' },
}

const advice: Readonly<Record<Retry, Explanation>> = {
  no: { en: 'no', zh: '不要重发' },
  'back-off': { en: 'yes, later', zh: '稍后重发' },
  'after-ban': { en: 'after the ban', zh: '封禁结束后重发' },
  're-authorise': { en: 'after authorising anew', zh: '重新授权后重发' },
}

/** Sources that the Chinese page words in Chinese; any other stands as it is. */
const sources: Readonly<Record<string, string>> = {
  'official error table': '官方错误码表',
  'logged payload': '日志中的实际应答',
  'logged payload, file not kept': '日志中的实际应答（原文件未保留）',
  'SDK enum of 2008': '2008 年 SDK 的枚举',
  'flow control page: daily total of an app': '流控文档：应用每日总量',
  'flow control page: one API, all callers': '流控文档：单个 API，所有调用方',
  'flow control page: one API for one app': '流控文档：单个应用的单个 API',
  'flow control page: dynamic throttle': '流控文档：动态限流',
  'account-level flow control of taobao.tbk.*': 'taobao.tbk.* 的账号级流控',
  'permission sub-codes': '权限子错误码',
  'platform sub-code table': '平台子错误码表',
  'legacy business error table': '旧业务错误码表',
  'documentation sample': '文档示例',
}

/** The reference page of platform errors, in Markdown, made of nothing but the catalogue. */
export function errorsPage(catalogue: ErrorCatalogue, language: Language): string {
  const say = (en: string, zh: string) => (language === 'en' ? en : zh)
  const word = (text: Explanation) => text[language]
  const source = (text: string) => (language === 'en' ? text : (sources[text] ?? text))
  const label = ({ fidelity, source: from }: Fidelity) =>
    `${word(labels[fidelity])}${say(': ', '：')}${source(from)}`
  const cause = ({ gate }: ListedError) =>
    gate === null ? say('on demand only', '只能指定返回') : `\`${gate}\``
  const retry = ({ retry: plan, unknownOutcome }: ListedError) =>
    word(advice[plan]) + (unknownOutcome ? say('; outcome unknown', '；结果未知') : '')

  const { errors, families, unknownCodes } = catalogue
  const ofTable = errors.filter((one) => one.methods === undefined)
  const platform = ofTable.filter(({ code }) => code < 100)
  const services = ofTable.filter(({ code }) => code >= 100)
  const declared = errors.filter((one) => one.methods !== undefined)

  const section = (code: number) => {
    const [whole, ...below] = platform.filter((one) => one.code === code)
    if (!whole) return []
    const { ask } = whole
    return [
      `### ${code} \`${whole.name}\``,
      '',
      `${say('In the guide profile', 'guide 模式')}: \`${JSON.stringify(whole.guideCode)}\`.`,
      '',
      '```text',
      ask.header,
      `session=${ask.magic}`,
      ask.scenario,
      '```',
      '',
      ...table(
        [
          say('reference', '引用'),
          'msg',
          'sub_code',
          'sub_msg',
          say('send again', '能否重发'),
          say('semantic status', 'semantic 状态码'),
          say('real cause', '真实原因'),
          say('label', '标签与出处'),
        ],
        [whole, ...below].map((one) => [
          mono(one.reference),
          one.msg,
          mono(one.subCode),
          one.subMsg ?? '',
          retry(one),
          String(one.httpStatus),
          cause(one),
          label(one),
        ]),
      ),
      '',
    ]
  }

  const lines = [
    `# ${say('Platform errors', '平台错误')}`,
    '',
    say(
      'Generated from the table of errors by `npm run docs`; a test holds it to the code. 中文: [errors.zh-CN.md](errors.zh-CN.md)',
      '由错误表经 `npm run docs` 生成，并由测试保证与代码一致。English: [errors.md](errors.md)',
    ),
    '',
    `## ${say('Asking for an error', '指定返回某个错误')}`,
    '',
    say(
      'Every error below can be asked for by its reference, in any of these places:',
      '下面的每个错误都可以用它的引用来指定返回，有以下几种写法：',
    ),
    '',
    '```text',
    `x-localtop-error: 27/session-expired      ${say('a header of the call', '请求头')}`,
    `session=[[27/session-expired]]            ${say('a magic value in a parameter', '参数中的魔法值')}`,
    `refuse: 27/session-expired                ${say('a rule of a scenario', '场景规则')}`,
    `localtop errors show 27/session-expired   ${say('prints what is sent', '打印应答内容')}`,
    '```',
    '',
    ...list([
      say(
        `A magic value may stand anywhere in ${magicParameters.map(mono).join(', ')}, for clients that cannot set headers. The header wins over it; then the parameters count in this order.`,
        `魔法值可以出现在 ${magicParameters.map(mono).join('、')} 的任意位置，供无法设置请求头的客户端使用。请求头优先，其次按上述参数的顺序。`,
      ),
      say(
        'Header and magic value are answered right after verb and encoding; no other check is made, no call is counted, nothing is changed. In `app_key` the profile is the gateway’s own. A rule is applied last, to a call that is otherwise right.',
        '请求头与魔法值在检查请求方法和编码之后立即应答：不做其他检查，不计入调用次数，不改变任何数据。写在 `app_key` 中时使用网关自身的模式。场景规则最后生效，调用的其他部分必须正确。',
      ),
      say(
        'Between the brackets must stand what begins like a reference: a number of up to three digits, a name of this page, `isv.` or `isp.`. Any other text, such as `[[新品]]` or `[[2027]]`, is a text.',
        '方括号内必须以引用的形式开头：至多三位的数字、本页中的名称、`isv.` 或 `isp.`。其他内容（如 `[[新品]]`、`[[2027]]`）按普通文本处理。',
      ),
      say(
        'A reference is a code or a name (`27`, `invalid-session`), with a sub-code behind a slash where there is one, or a sub-code of a service alone (`isp.remote-service-timeout`, `isv.trade-not-exist`), which has the code given here, otherwise 15.',
        '引用可以是错误码或名称（`27`、`invalid-session`），后面用斜线接子错误码；也可以只写服务的子错误码（`isp.remote-service-timeout`、`isv.trade-not-exist`），其错误码见本页，未列出的为 15。',
      ),
      say(
        'Blanks in the texts, such as `{seconds}`, are filled in behind a question mark, urlencoded: `7/accesscontrol.limited-by-api-access-count?seconds=41`, `40?parameter=title`.',
        '文本中的空位（如 `{seconds}`）在问号后填写，需 URL 编码：`7/accesscontrol.limited-by-api-access-count?seconds=41`、`40?parameter=title`。',
      ),
      say(
        'A reference that is none is answered with 43; the journal says what is wrong with it.',
        '无法识别的引用返回 43，日志中说明原因。',
      ),
    ]),
    '',
    say(
      'Errors come with HTTP 200, as the platform’s do; the semantic status is sent with `--http-status semantic`. The real cause is the gate that gives the error by itself; an error on demand only has none in this gateway.',
      '错误与平台一样以 HTTP 200 返回；“semantic 状态码”在 `--http-status semantic` 时使用。“真实原因”是会自行返回该错误的检查；“只能指定返回”的错误在本网关中没有自然的原因。',
    ),
    '',
    `## ${say('Codes of the platform', '平台错误码')}`,
    '',
    ...[...new Set(platform.map(({ code }) => code))].flatMap(section),
    ...(unknownCodes.length === 0
      ? []
      : [
          `### ${unknownCodes.join(', ')}`,
          '',
          say(
            'No source says what these codes are: they are not in the table and cannot be asked for. 88, which some lists have, is another platform’s.',
            '没有任何资料说明这些错误码的含义：它们不在表中，也不能指定返回。某些列表中的 88 属于另一个平台。',
          ),
          '',
        ]),
    `## ${say('Codes of services', '服务错误码')}`,
    '',
    say(
      'Older than 15 and 50; every one seen came with `msg` “Remote service error”.',
      '早于 15 和 50；见过的应答中 `msg` 都是 “Remote service error”。',
    ),
    '',
    ...table(
      [
        say('reference', '引用'),
        say('name', '名称'),
        say('guide profile', 'guide 模式'),
        'sub_msg',
        say('send again', '能否重发'),
        say('semantic status', 'semantic 状态码'),
        say('real cause', '真实原因'),
        say('label', '标签与出处'),
      ],
      services.map((one) => [
        mono(one.reference),
        mono(one.name),
        mono(JSON.stringify(one.guideCode)),
        one.subMsg ?? '',
        retry(one),
        String(one.httpStatus),
        cause(one),
        label(one),
      ]),
    ),
    '',
    `## ${say('Sub-codes that the methods of this gateway answer', '本网关各 API 返回的子错误码')}`,
    '',
    ...table(
      [
        say('reference', '引用'),
        say('code', '错误码'),
        'sub_msg',
        say('when', '何时返回'),
        say('methods', 'API'),
        say('label', '标签与出处'),
      ],
      declared.map((one) => [
        mono(one.reference),
        String(one.code),
        one.subMsg ?? '',
        one.meaning ?? '',
        (one.methods ?? []).map(mono).join(' '),
        label(one),
      ]),
    ),
    '',
    `## ${say('Families of sub-codes', '子错误码族')}`,
    '',
    say(
      'Any member can be asked for, alone (with code 15 unless this page says another) or behind a code, as in `530/isv.item-get-service-error:ITEM_NOT_FOUND`.',
      '族中任何成员都可以指定返回：单独书写（未另行说明时错误码为 15），或写在错误码之后，如 `530/isv.item-get-service-error:ITEM_NOT_FOUND`。',
    ),
    '',
    ...table(
      [
        say('form', '形式'),
        say('example', '示例'),
        say('meaning', '含义'),
        say('label', '标签与出处'),
      ],
      families.map((one) => [mono(one.form), mono(one.example), word(one.meaning), label(one)]),
    ),
  ]
  return `${lines.join('\n')}\n`
}

const mono = (text: string | undefined) => (text === undefined ? '' : `\`${text}\``)
const list = (points: readonly string[]) => points.map((point) => `- ${point}`)

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells
      .map((cell) =>
        cell
          .replaceAll('|', '\\|')
          .replaceAll('&', '&amp;')
          .replaceAll(/<(?![^`]*`)/g, '&lt;'),
      )
      .join(' | ')} |`
  return [line(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(line)]
}
