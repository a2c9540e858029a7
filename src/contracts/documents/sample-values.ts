import { type Field, isIdName } from '../catalogue/row.ts'
import { getOrCreate } from '../get-or-create.ts'
import { formatTime } from '../protocol/timestamp.ts'

/** A whole number from 0 to below `below` that depends on the text alone. */
export type Pick = (text: string, below: number) => number

/** The same texts give the same numbers; other seeds give others. */
export function pickBy(seed: string): Pick {
  const start = hash(0x811c9dc5, seed)
  return (text, below) => Math.floor((mix(hash(start, text)) / 2 ** 32) * below)
}

/** FNV-1a. */
function hash(start: number, text: string): number {
  let state = start
  for (let at = 0; at < text.length; at++) {
    state = Math.imul(state ^ text.charCodeAt(at), 0x01000193)
  }
  return state
}

/** Spreads a hash over all its bits: texts that differ in their last letter differ everywhere. */
function mix(state: number): number {
  let mixed = state ^ (state >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** The name of a field and where it stands, with the chance that belongs to that place. */
export interface Place {
  readonly name: string
  /** `trade.orders[0].oid` */
  readonly path: string
  readonly pick: Pick
}

type Make = (place: Place) => string

const among =
  (...values: readonly [string, ...string[]]): Make =>
  ({ path, pick }) =>
    values[pick(path, values.length)] as string
/** Up to 14 digits, the first of them no zero. */
const digits =
  (count: number): Make =>
  ({ path, pick }) => {
    const high = Math.min(7, count)
    const first = 10 ** (high - 1) + pick(path, 9 * 10 ** (high - 1))
    const low = count - high
    return low === 0
      ? String(first)
      : `${first}${String(pick(`${path}.`, 10 ** low)).padStart(low, '0')}`
  }
const hex: Make = ({ path, pick }) =>
  Array.from({ length: 4 }, (_, at) =>
    pick(`${path}${at}`, 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('')
const yuan: Make = ({ path, pick }) =>
  `${1 + pick(path, 299)}.${String(pick(`${path}.`, 100)).padStart(2, '0')}`

// A year that is over, so that what has been created is not in the future. GMT+8.
const from = Date.parse('2025-01-01T00:00:00+08:00')
const day = 24 * 60 * 60 * 1000

/** A moment: beginnings lie before changes, and ends after them. */
function momentOf({ name, path, pick }: Place): number {
  const at = from + pick(path, 28) * day + pick(`${path}.`, 86_400) * 1000
  if (/end|expire|expiry|finish|deadline|valid|until|delist/i.test(name)) return at + 300 * day
  if (/modif|update|pay|consign|send|ship|complete|sign|success|receive/i.test(name))
    return at + 60 * day
  return at
}
const moment: Make = (place) => formatTime(momentOf(place))
const dayOf: Make = (place) => formatTime(momentOf(place)).slice(0, 10)

// Addresses that lead nowhere: whoever follows one does not leave the machine by accident.
const picture: Make = (place) => `https://img.example.com/${digits(10)(place)}.jpg`
const address: Make = (place) => `https://www.example.com/${digits(10)(place)}`

/** What a text is, by its field's name; the first that matches counts. */
const texts: readonly (readonly [RegExp, Make])[] = [
  [/(^|_)nick(_?name)?s?$/, among('晴天小铺', '云上书屋', '江南布衣坊', '半日闲茶舍')],
  [/mobile|phone|(^|_)tel(_|$)/, (place) => `1300000${digits(4)(place)}`],
  [/e?mail$/, (place) => `user${digits(4)(place)}@example.com`],
  [/(^|_)(ip|ip_addr)$/, () => '127.0.0.1'],
  [
    /(^|_)(pict?s?|imgs?|images?|avatars?|logo|photos?|icons?)(_|url|path|$)|(pic|img|image)_?(url|path)/,
    picture,
  ],
  [/url|link|href|(^|_)uri/, address],
  [/zip|post_?code/, () => '310000'],
  [/(receiver|seller|buyer|sender|location)_?state|prov(ince)?(_name)?$/, () => '浙江省'],
  [/(^|_)city(_name)?$/, () => '杭州市'],
  [/(^|_)(district|area|county)(_name)?$/, () => '西湖区'],
  [/(^|_)(town|street)(_name)?$/, () => '文新街道'],
  [/(^|_)country(_name)?$/, () => '中国'],
  [/addr/, among('文三路 1 号', '莫干山路 22 号', '古墩路 333 号')],
  [/(^|_)(currency)/, () => 'CNY'],
  [/(^|_)(lang|language|locale)$/, () => 'zh_CN'],
  [/(date|day)$/, dayOf],
  [/(time|created?|modified|gmt_\w+|_at)$/, moment],
  [/price|fee|amount|payment|cost|money|profit|commission|postage|refund_total|subtotal/, yuan],
  [/(^|_)(token|secret|sign|md5|password|ticket|session)$|(access|refresh)_token/, hex],
  [
    /(receiver|buyer|seller|sender|contact|user|real|person|guest|customer|driver|courier)_?name$/,
    among('张三', '李四', '王五'),
  ],
  [/shop_?(name|title)/, among('晴天小铺', '云上书屋', '半日闲茶舍')],
  [/company/, among('杭州示例贸易有限公司', '上海示例物流有限公司')],
  [/brand/, among('青山', '白鹿', '远行')],
  [/cat(egory)?_?name/, among('茶具', '围巾', '图书')],
  [
    /title|(item|goods|product|sku|auction|spu)_?name|subject/,
    among('手工编织羊毛围巾', '白瓷盖碗茶杯', '硬面记事本', '竹制手机支架'),
  ],
  [/(^|_)name$/, among('青山', '白鹿', '远行', '半日闲')],
  [
    /desc|content|remark|memo|comment|reason|detail|text|summary|note|instruction/,
    among('轻拿轻放', '按说明使用', '七天无理由'),
  ],
  [/(^|_)(msg|message|info)$/, () => 'OK'],
  [/color/, among('红色', '蓝色', '白色')],
  [/(^|_)size$/, among('S', 'M', 'L')],
  [/(^|_)unit$/, () => '件'],
  [/version/, () => '1.0'],
  [/rate|ratio|percent/, ({ path, pick }) => `0.${1 + pick(path, 9)}`],
  [/num|count|quantity|qty|stock|inventory|total/, ({ path, pick }) => String(1 + pick(path, 20))],
  [/(^|_)(is|has|can|need|support)_|flag|enable/, () => 'true'],
  [/feature|attr|ext(end|ra)?(_|$)|json|props?$|param/, () => '{}'],
  [
    /(^|_)(ids?|iids?|tids?|oids?|cids?|no|sn|number)$|_?order|bar_?code|out_sid|(^|_)sid$/,
    digits(12),
  ],
  [/(result|ret|resp?|response|return|biz|msg|status)_?code$/, () => '0'],
  [/(^|_)code$/, among('A100', 'B200', 'C300')],
  [/status|state/, () => 'NORMAL'],
  [/type|kind|mode|level|channel|source|platform|scene/, among('1', '2', '3')],
]

/** What a whole number is, by its field's name. */
const numbers: readonly (readonly [RegExp, (place: Place) => number])[] = [
  [
    /(^|_)(page_?no|page|page_?(num|number|index)|current_?page|total_?pages?|pages|page_?count)$/,
    () => 1,
  ],
  [/page_?size/, () => 20],
  [
    /price|fee|amount|payment|cost|money|profit|commission|postage/,
    ({ path, pick }) => 100 + pick(path, 29_900),
  ],
  [/time$|date$|(^|_)gmt_|created?$|modified$/, (place) => momentOf(place)],
  [/(^|_)(code|result_?code|ret_?code|biz_?code)$/, () => 0],
  [
    /(^|_)(is|has|can|need)_|flag|status|state|type|level|kind|mode|version|enable/,
    ({ path, pick }) => pick(path, 2),
  ],
  [/year/, () => 2025],
  [/month/, ({ path, pick }) => 1 + pick(path, 12)],
  [/rate|ratio|percent|score/, ({ path, pick }) => 1 + pick(path, 100)],
]

/** The first rule that a name matches. Names recur from method to method, so what is found is kept. */
function ruleBy<Rule>(rules: readonly (readonly [RegExp, Rule])[]) {
  const found = new Map<string, Rule | null>()
  return (name: string): Rule | null =>
    getOrCreate(found, name, () => {
      const lower = name.toLowerCase()
      return rules.find(([pattern]) => pattern.test(lower))?.[1] ?? null
    })
}
const textRule = ruleBy(texts)
const numberRule = ruleBy(numbers)

/** A text as the field's name, example, values and format suggest. */
function sampleText(field: Field, place: Place): string {
  const { example, hints = {} } = field
  if (example !== undefined) return isIdName(field.name) ? counted(example, place) : example
  if (hints.enum?.length) return hints.enum[place.pick(place.path, hints.enum.length)] as string
  if (hints.format) return hints.format === 'yyyy-MM-dd' ? dayOf(place) : moment(place)
  const make = textRule(place.name)
  return make ? make(place) : `${place.name}-${1 + place.pick(place.path, 99)}`
}

/** The elements of a list are different things: what names the first of them counts up for the others. */
function counted(id: string, { path }: Place): string {
  if (!path.includes('[')) return id
  const indexes = [...path.matchAll(/\[(\d+)\]/g)].map(([, index]) => Number(index))
  const sum = indexes.reduce((total, index) => total + index, 0)
  return /^[1-9]\d{0,14}$/.test(id) ? String(Number(id) + sum) : id
}

/** A whole number, as text where it names something. */
function sampleNumber(field: Field, place: Place): number | string {
  const { example, hints = {} } = field
  const value = numberOf()
  const { min = value, max = value } = hints
  const within = Math.max(min, Math.min(max, value))
  return isIdName(field.name) ? String(within) : within

  function numberOf(): number {
    const known = example ?? hints.enum?.find((one) => /^-?\d{1,15}$/.test(one))
    if (known !== undefined) {
      return Number(isIdName(field.name) ? counted(known, place) : known)
    }
    if (isIdName(field.name)) return Number(digits(12)(place))
    const make = numberRule(place.name)
    return make ? make(place) : 1 + place.pick(place.path, 50)
  }
}

/** Answers say that all went well: what the name calls an error is false. */
function sampleBoolean({ example }: Field, { name, path, pick }: Place): boolean {
  if (example !== undefined) return example === 'true'
  if (/success|succ|^ok$|(^|_)result$/i.test(name)) return true
  if (/error|fail|has_?next|has_?more|timeout|retry|closed?|deleted?|expired?/i.test(name))
    return false
  return pick(path, 2) === 1
}

/** What carries the news of a failure: an answer that went well does not have it. A truth value says so. */
export const isErrorField = ({ name, type }: Field) => type !== 'Boolean' && namesError(name)

const errorNames = new Map<string, boolean>()
const namesError = (name: string) =>
  getOrCreate(errorNames, name, () => errorWords.test(name) || /^sub_(code|msg)$/.test(name))

const errorWords =
  /(^|_)(err|errors?|exceptions?|fail|failed|failures?|failured)(_|$)|(err|error)_?(code|msg)|(err|error|fail)[A-Z]/

/** The value of a scalar; `undefined` where nobody knows the type. */
export function sampleScalar(field: Field, place: Place): unknown {
  switch (field.type) {
    case 'Number':
      return sampleNumber(field, place)
    case 'Boolean':
      return sampleBoolean(field, place)
    case 'Date':
      return field.example ?? moment(place)
    case 'Price':
    case 'BigDecimal':
      return field.example ?? yuan(place)
    case 'Json':
      return '{}'
    case 'String':
    case '?':
      return sampleText(field, place)
    default:
      return undefined
  }
}
