import {
  type MethodList,
  type PageLanguage,
  type PageRow,
  type PageTable,
  referencePage,
  tiers,
} from '../contracts/index.ts'
import type { DescribedMethod, MethodError } from '../server/index.ts'
import { bold, cyan, dim, green, yellow } from './terminal.ts'
import { beginningOf, textWidth, visible, wrapped } from './text-layout.ts'

const tierColumns = 12
const sessionColumns = 8
const tierColours = { stateful: green, stub: cyan, 'request-only': yellow, 'name-only': dim }

/** A list of methods as a table within so many columns, with counts below it. */
export function listText(list: MethodList, words: readonly string[], width: number): string {
  const { methods, total, meant = [] } = list
  if (total === 0) {
    const asked =
      words.length > 0 ? ` has ${words.map((word) => `"${visible(word)}"`).join(' and ')}` : ' fits'
    return `No method${asked}.${meant.length > 0 ? ` Did you mean ${meant.join(', ')}?` : ''}`
  }
  const names = Math.max(...methods.map(({ name }) => name.length))
  // A name that is cut cannot be copied: what has no room beside it is left out.
  const room = width - names
  const [showsTier, showsSession] = [
    room >= tierColumns + 2,
    room >= tierColumns + sessionColumns + 4,
  ]
  const groupColumns = room - tierColumns - sessionColumns - 6
  const rows = methods.map(({ name, tier, session, group, status }) => {
    const shown = status === 'listed' || status === 'own' ? group : `${group} (${status})`
    const cells = [
      bold(name.padEnd(names)),
      ...(showsTier ? [tierColours[tier](tier.padEnd(tierColumns))] : []),
      ...(showsSession ? [session.padEnd(sessionColumns)] : []),
      ...(groupColumns >= 6 ? [dim(fitted(shown, groupColumns).trimEnd())] : []),
    ]
    return cells.join('  ').trimEnd()
  })
  const cut = total > methods.length ? `, ${methods.length} listed (--limit)` : ''
  const counts = tiers.flatMap((tier) =>
    list.tiers[tier] > 0 ? `${list.tiers[tier]} ${tier}` : [],
  )
  return `${rows.join('\n')}\n\n${total} ${total === 1 ? 'method' : 'methods'}${cut}: ${counts.join(', ')}`
}

/** A text cut or filled up to so many columns. */
function fitted(text: string, columns: number): string {
  const width = textWidth(text)
  if (width <= columns) return text + ' '.repeat(columns - width)
  const cut = `${beginningOf(text, columns - 1)}…`
  return cut + ' '.repeat(Math.max(0, columns - textWidth(cut)))
}

interface PageOptions {
  readonly lang: PageLanguage
  readonly width: number
}

/** Everything about a method for a terminal. */
export function pageText(described: DescribedMethod, { lang, width }: PageOptions): string {
  const { facts, errors, sample } = described
  const { title, summary, about, parameters, response } = referencePage(facts, lang)
  const say = (en: string, zh: string) => (lang === 'zh' ? zh : en)
  const labelColumns = Math.max(...about.map(([label]) => textWidth(label)))
  return [
    bold(title),
    ...(summary === undefined ? [] : wrapped(summary, width)),
    '',
    ...about.flatMap(([label, text]) =>
      hanging(`${dim(fitted(label, labelColumns))}  `, labelColumns + 2, text, width),
    ),
    '',
    ...tableLines(parameters, width, true),
    '',
    ...tableLines(response, width, false),
    '',
    bold(say('Errors', '错误码')),
    ...errorLines(errors, width),
    '',
    bold(say('Sample request, valid for ten minutes', '请求示例，十分钟内有效')),
    sample.curl,
    ...(sample.answer
      ? ['', bold(say('Sample answer', '响应示例')), JSON.stringify(sample.answer, null, 2)]
      : []),
  ].join('\n')
}

/** A text behind a label, its further lines below its first. */
function hanging(label: string, indent: number, text: string, width: number): string[] {
  const [first = '', ...rest] = wrapped(visible(text), Math.max(20, width - indent))
  return [label + first, ...rest.map((line) => ' '.repeat(indent) + line)]
}

function tableLines(
  { heading, columns, rows, note }: PageTable,
  width: number,
  isRequest: boolean,
): string[] {
  const lines = [bold(heading)]
  if (note !== undefined) lines.push(...wrapped(note, width))
  if (rows.length === 0) return lines
  const named = (row: PageRow) => '  '.repeat(row.depth) + row.name
  const cells = rows.map((row) =>
    isRequest ? [named(row), row.type, row.required] : [named(row), row.type],
  )
  const most = [Math.floor(width * 0.45), Math.floor(width * 0.25), 12]
  const widths = cells[0]?.map((_, at) => {
    const longest = Math.max(
      ...cells.map((row) => textWidth(row[at] ?? '')),
      textWidth(columns[at] ?? ''),
    )
    return Math.min(longest, most[at] ?? longest)
  }) as number[]
  const indent = widths.reduce((sum, one) => sum + one + 2, 0)
  const head = widths.map((columnsOf, at) => fitted(columns[at] ?? '', columnsOf)).join('  ')
  lines.push(dim(`${head}  ${columns.slice(widths.length).join(' / ')}`.trimEnd()))
  for (const [at, row] of rows.entries()) {
    const start = widths
      .map((columnsOf, cell) => fitted(cells[at]?.[cell] ?? '', columnsOf))
      .join('  ')
    lines.push(...rowLines(start, row, indent, width))
  }
  return lines
}

/** Enforced limits as they are, everything else in the colour of a remark. */
function rowLines(
  start: string,
  { limits, notes }: PageRow,
  indent: number,
  width: number,
): string[] {
  const room = Math.max(20, width - indent - 2)
  const rest = [
    ...wrapped(visible(limits), room),
    ...wrapped(visible(notes), room).map((line) => dim(line)),
  ]
  const [first = '', ...more] = rest
  return [`${start}  ${first}`.trimEnd(), ...more.map((line) => ' '.repeat(indent + 2) + line)]
}

/** One line a code, with the sub-codes that it has, and one for each sub-code of the method's own. */
function errorLines(errors: readonly MethodError[], width: number): string[] {
  const declared = errors.filter(({ gate }) => gate === 'answer')
  const byCode = new Map<number, MethodError[]>()
  for (const error of errors) {
    if (error.gate === 'answer') continue
    const others = byCode.get(error.code)
    if (others) others.push(error)
    else byCode.set(error.code, [error])
  }
  const common = [...byCode].flatMap(([code, [first, ...others]]) => {
    const subCodes = others.map(({ subCode, reference }) => subCode ?? reference.split('/')[1])
    const text = `${first?.msg}${subCodes.length > 0 ? `: ${subCodes.join(', ')}` : ''}`
    return hanging(String(code).padEnd(5), 5, `${text} (${first?.gate})`, width)
  })
  return [
    ...common,
    ...declared.flatMap(({ code, subCode, subMsg, meaning = '' }) =>
      hanging(
        String(code).padEnd(5),
        5,
        `${subCode}${subMsg === undefined ? '' : ` ${subMsg}`}${meaning === '' ? '' : ` (${meaning})`}`,
        width,
      ),
    ),
  ]
}
