import { isSystemParameter } from '../../protocol/parameters.ts'
import { explain, type Hypothesis, type Variant } from '../hypothesis.ts'
import { permutations } from '../permutations.ts'
import type { Entry, Recipe } from '../recipe.ts'

type Order = Recipe['order']

const textOf = ({ value }: Entry) => (typeof value === 'string' ? value : '')

const by =
  (compare: (a: Entry, b: Entry) => number): Order =>
  (entries) =>
    [...entries].sort(compare)

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const lower = (text: string) => text.toLowerCase()

let collators: readonly Intl.Collator[] | undefined

/** Made when they are needed first: a start of the gateway would notice them. */
const collatorsMade = (): readonly Intl.Collator[] => {
  collators ??= (['en', 'zh-CN', 'de', 'sv'] as const).flatMap((locale) => [
    new Intl.Collator(locale),
    new Intl.Collator(locale, { ignorePunctuation: true }),
    new Intl.Collator(locale, { caseFirst: 'upper' }),
    new Intl.Collator(locale, { numeric: true }),
    new Intl.Collator(locale, { sensitivity: 'base' }),
  ])
  return collators
}

/** What `strcoll` of the C library does: letters and digits first, everything else only among equals. */
const strippedFirst = (a: Entry, b: Entry) => {
  const bare = (name: string) => lower(name).replaceAll(/[^a-z0-9]/g, '')
  return (
    compareText(bare(a.name), bare(b.name)) ||
    compareText(lower(a.name), lower(b.name)) ||
    -compareText(a.name, b.name)
  )
}

function* localeOrders(): Iterable<Order> {
  for (const collator of collatorsMade()) yield by((a, b) => collator.compare(a.name, b.name))
  yield by(strippedFirst)
}

/** System and business parameters each in their own order, one group after the other. */
const grouped =
  (first: 'system' | 'business', within: Order): Order =>
  (entries) => {
    const system = within(entries.filter(({ name }) => isSystemParameter(name)))
    const business = within(entries.filter(({ name }) => !isSystemParameter(name)))
    return first === 'system' ? [...system, ...business] : [...business, ...system]
  }

const asSent: Order = by((a, b) => a.at - b.at)
const sorted: Order = by((a, b) => compareText(a.name, b.name))

/** The order of `java.util.HashMap` with so many buckets, insertion order within one. */
const javaHashOrder =
  (buckets: number): Order =>
  (entries) => {
    const bucketOf = (name: string) => {
      let hash = 0
      for (let at = 0; at < name.length; at++)
        hash = (Math.imul(31, hash) + name.charCodeAt(at)) | 0
      return (hash ^ (hash >>> 16)) & (buckets - 1)
    }
    return by((a, b) => bucketOf(a.name) - bucketOf(b.name) || a.at - b.at)(entries)
  }

const otherOrders: readonly (readonly [Order, string, string])[] = [
  [asSent, 'in the order in which they were sent', '按发送顺序'],
  [by((a, b) => compareText(b.name, a.name)), 'by name in descending order', '按参数名降序'],
  [
    by((a, b) => compareText(lower(a.name), lower(b.name))),
    'by name without regard to case',
    '按参数名忽略大小写',
  ],
  [
    by((a, b) => compareText(a.name.toUpperCase(), b.name.toUpperCase())),
    'by name without regard to case',
    '按参数名忽略大小写',
  ],
  [by((a, b) => compareText(textOf(a), textOf(b))), 'by value', '按参数值'],
  [
    by((a, b) => a.name.length - b.name.length || compareText(a.name, b.name)),
    'by the length of the name',
    '按参数名长度',
  ],
  [
    by((a, b) => a.name.length - b.name.length || a.at - b.at),
    'by the length of the name',
    '按参数名长度',
  ],
  [by((a, b) => b.at - a.at), 'in the reverse of the order sent', '按发送顺序的逆序'],
  [
    grouped('system', sorted),
    'system parameters first, each group sorted',
    '系统参数在前，两组各自排序',
  ],
  [
    grouped('business', sorted),
    'business parameters first, each group sorted',
    '业务参数在前，两组各自排序',
  ],
  [grouped('system', asSent), 'system parameters first, as sent', '系统参数在前，按发送顺序'],
  [grouped('business', asSent), 'business parameters first, as sent', '业务参数在前，按发送顺序'],
  [
    by((a, b) => compareText(lower(a.name) + textOf(a), lower(b.name) + textOf(b))),
    'by name and value without regard to case',
    '按参数名加参数值忽略大小写',
  ],
  ...[16, 32, 64, 128].map(
    (buckets) =>
      [
        javaHashOrder(buckets),
        'as a Java HashMap holds them',
        '按 Java HashMap 的遍历顺序',
      ] as const,
  ),
]

/** So many parameters at the most are tried in every order there is: 5,040 orders. */
const mostPermuted = 7

const pairOrders: readonly Order[] = [
  by((a, b) => compareText(a.name + textOf(a), b.name + textOf(b))),
  by((a, b) => compareText(`${a.name}=${textOf(a)}`, `${b.name}=${textOf(b)}`)),
]

export const orderHypotheses: readonly Hypothesis[] = [
  {
    id: 'sorted-by-pair',
    title: explain('Sorted by name and value together', '按“参数名+参数值”整体排序'),
    fix: 'sort',
    *variants(_recipe): Iterable<Variant> {
      for (const order of pairOrders) {
        yield {
          apply: (recipe) => ({ ...recipe, order }),
          detail: explain(
            'The texts name + value were sorted as wholes; sort the names alone.',
            '对“参数名+参数值”整体排序了；应只按参数名排序。',
          ),
        }
      }
    },
  },
  {
    id: 'sorted-by-locale',
    title: explain('Sorted by the rules of a language', '按语言区域规则排序'),
    fix: 'sort',
    *variants(_recipe): Iterable<Variant> {
      for (const order of localeOrders()) {
        yield {
          apply: (recipe) => ({ ...recipe, order }),
          detail: explain(
            'The names were sorted as a dictionary sorts words; the platform compares bytes, so upper case comes before lower case and _ between them.',
            '参数名按语言区域（字典）规则排序；平台按字节比较：大写字母在小写之前，下划线居中。',
          ),
        }
      }
    },
  },
  {
    id: 'not-sorted',
    title: explain('The parameters are not sorted by name', '参数没有按参数名排序'),
    fix: 'sort',
    *variants(recipe): Iterable<Variant> {
      for (const [order, en, zh] of otherOrders) {
        yield {
          apply: (recipe) => ({ ...recipe, order }),
          detail: explain(`The parameters were signed ${en}.`, `参数${zh}参与签名。`),
        }
      }
      if (recipe.entries.length > mostPermuted) return
      for (const entries of permutations(recipe.entries)) {
        yield {
          apply: (recipe) => ({ ...recipe, order: () => entries }),
          rare: true,
          detail: explain(
            `The parameters were signed in the order ${entries.map(({ name }) => name).join(', ')}.`,
            `参数按 ${entries.map(({ name }) => name).join(', ')} 的顺序参与签名。`,
          ),
        }
      }
    },
  },
]
