import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { breachKindNames } from '../../src/contracts/index.ts'
import {
  failOnNames,
  type MatrixReport,
  report,
  reportForms,
  writeReports,
} from '../../src/kit/index.ts'
import { itInBrowser } from '../support/browser.ts'
import { add } from '../support/evidence.ts'
import { matrixReport, programRun } from '../support/matrix.ts'

const isv = '15/isv.invalid-parameter:title'
const liar = programRun('liar', [add('A', { gives: isv }), add('B')])
const honest = programRun('honest', [add('A', { gives: isv }), add('B')], { status: 1 })
const endless = programRun('endless', [], {
  state: 'never-ended',
  exit: { status: null, signal: 'SIGKILL' },
})
const silent = programRun('silent', [], { state: 'no-call', met: false })

/** Texts that mean something in every form. */
const hostile = `</script><img src=x onerror=alert(1)>"'&\u0000\u001b[31m]]>| *a* \`b\` \ud800 <!-- ${'\uffff'}`
const attacked = matrixReport([
  programRun(hostile, [add(hostile, { gives: isv }), add('B')], {
    title: { en: hostile, zh: hostile },
  }),
])

describe('the verdict', () => {
  const passes = (
    runs: Parameters<typeof matrixReport>[0],
    ...failOn: Parameters<typeof matrixReport>[1] & {}
  ) => matrixReport(runs, failOn).verdict.passed

  it('is of what was asked for', () => {
    expect(failOnNames).toEqual([
      'silent',
      'backoff',
      'duplicates',
      'losses',
      'contract',
      ...breachKindNames.map((kind) => `contract/${kind}`),
      'expectations',
      'not-met',
      'exit',
      'any',
      'none',
    ])
    expect(passes([liar], 'silent')).toBe(false)
    expect(passes([liar], 'losses')).toBe(false)
    expect(passes([liar], 'duplicates', 'backoff')).toBe(true)
    expect(passes([liar], 'any')).toBe(false)
    expect(passes([liar], 'none')).toBe(true)
    expect(passes([honest], 'any')).toBe(true)
    expect(passes([honest], 'exit')).toBe(false)
    expect(passes([honest, liar], 'silent')).toBe(false)
    const short = { ...honest, unmet: [{ en: 'expected 2 items', zh: '应有 2 个商品' }] }
    expect(passes([short], 'expectations')).toBe(false)
    expect(passes([short], 'silent')).toBe(true)
  })

  it('is never a pass for a run that proved nothing', () => {
    for (const run of [endless, silent]) expect(passes([honest, run], 'none')).toBe(false)
    const open = { ...honest, scenario: 'open', met: false }
    expect(passes([open], 'none')).toBe(false)
    expect(passes([open, honest], 'none')).toBe(true)
    expect(passes([open, honest], 'not-met')).toBe(false)
    const refused = programRun('refused', [add('A', { gives: '29' })], { status: 1 })
    expect(passes([refused], 'none')).toBe(false)
    expect(passes([refused, honest], 'none')).toBe(true)
    expect(matrixReport([refused]).verdict.reasons[0]?.reason.en).toContain(
      'Not one call was answered',
    )
  })
})

describe('a scenario that did not come to pass', () => {
  it('is counted apart from those that were passed', () => {
    const matrix = matrixReport([honest, { ...honest, scenario: 'open', met: false }], ['none'])
    expect(report(matrix, 'text')).toContain(
      'Passed: of 2 scenarios 0 with objections, 1 without; 1 did not come to pass, so nothing is known of it.',
    )
    expect(report(matrix, 'text')).toMatch(/^open +exit 1, not met /m)
    expect(report(matrix, 'junit')).toMatch(
      /failures="0" errors="0" skipped="1".*<skipped message="[^"]*did not come to pass/s,
    )
    const [, open = ''] = report(matrix, 'html').split('<section id="run-2">')
    expect(open.slice(0, open.indexOf('</section>'))).not.toContain('Nothing to object to')
    expect(report(matrix, 'html')).toContain('1 个没有发生，未能检验。')
  })
})

describe('the text', () => {
  it('is the table, what was found in each scenario, and the verdict', () => {
    const text = report(matrixReport([liar, honest]), 'text')
    expect(text).toBe(`scenario  exit status  once  twice  lost  silent  back-off   time
liar      exit 0          1      0     1       1         A  1.3 s
honest    exit 1          1      0     1       0         A  1.3 s

liar  what happens in liar
  ✗ A refusal was taken for success (silent/took-refusal-for-success)
    1 call was refused with 15/isv.invalid-parameter:title and never sent again; the program ended with exit status 0.
    about A; exchanges #1, #2
    Errors come with HTTP 200: look for error_response in every answer, send again what the platform could not serve, and end with an exit status above 0 when something was not done.
  ✗ Items were never created (losses/never-created)
    1 of the items sent is not in the shop, and the program ended with exit status 0. A: last refused with 15/isv.invalid-parameter:title.
    about A; exchanges #1
    Keep a list of what has been answered with a num_iid; what is not on it must be sent again or reported, with an exit status above 0.

errors met    15/isv.invalid-parameter:title
never met     25
Failed: of 2 scenarios 1 with objections, 1 without.
  liar: silent: A refusal was taken for success
  liar: losses: Items were never created
`)
  })

  it('says what to try when no call arrived', () => {
    const text = report(matrixReport([silent]), 'text')
    expect(text).toContain('TOP_URL')
    expect(text).toContain('{url}')
    expect(text).toContain('The scenario did not come to pass')
  })

  it('moves no cursor and changes no colour by what the program sent', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(report(attacked, 'text')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  })
})

describe('JUnit', () => {
  it('has a case for each scenario, failed or in error', () => {
    const text = report(matrixReport([liar, honest, endless]), 'junit')
    expect(text).toContain('tests="3" failures="1" errors="1"')
    expect(text).toContain(
      '<testcase classname="localtop.matrix" name="honest: what happens in honest" time="1.25"></testcase>',
    )
    expect(text).toContain(
      '<failure message="silent: A refusal was taken for success; losses: Items were never created">',
    )
    expect(text).toContain(
      '<error message="The program never ended: its time was up (--timeout).">',
    )
  })

  it('stays XML whatever the texts are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (title) => {
        const text = report(
          matrixReport([{ ...liar, scenario: title, title: { en: title, zh: title } }]),
          'junit',
        )
        expect(brokenXml(text)).toBeUndefined()
      }),
    )
    expect(brokenXml(report(attacked, 'junit'))).toBeUndefined()
    expect(brokenXml('<a><b></a>')).toBeDefined()
  })
})

describe('Markdown', () => {
  it('is a table with one row a scenario, and nothing of the program’s is markup', () => {
    const text = report(attacked, 'markdown')
    const rows = text.split('\n').filter((line) => line.startsWith('|'))
    expect(rows).toHaveLength(3)
    for (const row of rows) expect(row.match(/(?<!\\)\|/g)).toHaveLength(9)
    expect(text).not.toMatch(/<(?!\/?details)/)
    expect(text).not.toMatch(/(?<!\\)`/)
  })
})

describe('JSON', () => {
  it('is the report as it is', () => {
    const given = matrixReport([liar, honest])
    expect(JSON.parse(report(given, 'json'))).toEqual(given)
  })
})

describe('the page', () => {
  it('loads nothing and runs nothing', () => {
    const page = report(attacked, 'html')
    expect(page).not.toMatch(/<script|<img|<link|<iframe|<[^>]*\son\w+=|url\(|@import|https?:/i)
    expect(page).toContain("default-src 'none'")
  })

  itInBrowser(
    'fits a phone and a desk, light and dark, and speaks both languages',
    async (browser) => {
      const folder = mkdtempSync(join(tmpdir(), 'localtop-page-'))
      try {
        const given = matrixReport([liar, honest, endless, silent, ...attacked.runs])
        const { html } = writeReports(given, folder)
        const grounds = new Set<string>()
        for (const width of [390, 1200]) {
          for (const colorScheme of ['light', 'dark'] as const) {
            const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
            const requests: string[] = []
            page.on('request', (one) => requests.push(one.url()))
            await page.goto(pathToFileURL(html).href)
            // As texts: the browser's own names are not known here.
            const isTooWide = await page.evaluate(
              'document.documentElement.scrollWidth > window.innerWidth',
            )
            expect(isTooWide, `${width} ${colorScheme}`).toBe(false)
            grounds.add(await page.evaluate('getComputedStyle(document.body).backgroundColor'))
            expect(requests).toHaveLength(1)
            await page.getByText('A refusal was taken for success').first().waitFor()
            expect(await page.getByText('把错误应答当成了成功').first().isVisible()).toBe(false)
            await page.click('label[for=zh]')
            expect(await page.getByText('把错误应答当成了成功').first().isVisible()).toBe(true)
            expect(
              await page.getByText('A refusal was taken for success').first().isVisible(),
            ).toBe(false)
            await page.close()
          }
        }
        expect(grounds.size).toBe(2)
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  )
})

describe('the page in Chinese', () => {
  it('leaves no sentence in English', () => {
    const unmet = [{ en: 'expected 2 items created, got 1', zh: '应创建 2 个商品，实际 1 个' }]
    const given = matrixReport([liar, endless, silent, { ...honest, unmet, met: false }])
    const notes = [{ en: 'Nothing passed the proxy.', zh: '代理没有收到任何请求。' }]
    const page = report({ ...given, notes }, 'html')
    const withoutEnglish = page
      .replaceAll(/<style>.*?<\/style>/gs, '')
      .replaceAll(/<(span|label) [^>]*lang="en".*?<\/\1>/gs, '')
    expect(withoutEnglish).toContain('应创建 2 个商品，实际 1 个')
    const texts = withoutEnglish.replaceAll(/<[^>]*>/g, '\n').split('\n')
    expect(texts.filter((text) => /([A-Za-z]+ ){3}[A-Za-z]/.test(text))).toEqual([])
  })
})

it('is written in every form', () => {
  const folder = mkdtempSync(join(tmpdir(), 'localtop-forms-'))
  try {
    const given: MatrixReport = matrixReport([liar])
    const files = writeReports(given, join(folder, 'deep', 'er'))
    expect(Object.keys(files)).toEqual(reportForms)
    for (const form of reportForms)
      expect(readFileSync(files[form], 'utf8')).toBe(report(given, form))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

/** Why a text is no well-formed XML, for as much of XML as these reports use. */
function brokenXml(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML cannot hold them
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u.test(text)) {
    return 'a character that XML has no place for'
  }
  const open: string[] = []
  const markup = /<\?xml[^?]*\?>|<(\/?)([a-z-]+)((?: [a-z]+="[^"<]*")*)(\/?)>|[<&>][^<]{0,20}/g
  for (const [whole, closing, name, , empty] of text.matchAll(markup)) {
    if (whole.startsWith('<?xml')) continue
    if (name === undefined) {
      if (/^&(amp|lt|gt|quot|#39);/.test(whole)) continue
      return whole
    }
    if (closing) {
      if (open.pop() !== name) return whole
    } else if (!empty) open.push(name)
  }
  return open[0]
}
