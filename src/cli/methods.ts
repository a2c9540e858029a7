import { createWriteStream, writeFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Command, InvalidArgumentError, Option } from 'commander'
import {
  factsOf,
  jsonSchemasOf,
  listedMethods,
  listMethods,
  type MethodFacts,
  type MethodFilter,
  methodNames,
  methodsNear,
  openApiText,
  type PageLanguage,
  pageLanguages,
  sessionWords,
  statusWords,
  tiers,
  typescriptOf,
} from '../contracts/index.ts'
import { createGateway, type DescribedMethod, version } from '../server/index.ts'
import { listText, pageText } from './method-page.ts'
import { columns, complain, print, printJson, UsageError } from './terminal.ts'

const usual = 'http://127.0.0.1:7070'

export function methodsCommand(): Command {
  const command = new Command('methods')
  command
    .command('list')
    .description('list methods whose name or group has all the words')
    .argument('[words...]', 'such as trade get, or 交易')
    .addOption(new Option('--tier <tier>', 'how the gateway answers them').choices(tiers))
    .addOption(
      new Option('--session <rule>', "whether they need a seller's session").choices(sessionWords),
    )
    .option('--group <text>', 'a part of the group')
    .addOption(
      new Option('--status <status>', "where they stand in the platform's directory").choices(
        statusWords,
      ),
    )
    .addOption(
      new Option('--limit <n>', 'list so many at the most').default(100).argParser(wholeNumber),
    )
    .option('--json', 'machine-readable')
    .addHelpText(
      'after',
      '\nTiers: stateful (reads and changes a local shop), stub (a sample), request-only (the answer is\nunknown), name-only (the parameters are unknown too).\nExit status: 0 something was found, 1 nothing, 2 a wrong use.',
    )
    .action(list)
  command
    .command('show')
    .description(
      'print everything about a method: parameters, limits, errors, a curl line, a sample answer',
    )
    .argument('<name>', 'such as taobao.trade.fullinfo.get')
    .addOption(
      new Option('--lang <language>', 'en or zh')
        .choices(pageLanguages)
        .default(languageOf(process.env), 'by LANG'),
    )
    .option('--url <url>', 'where the gateway is that the curl line calls', usual)
    .option('--json', 'machine-readable, with JSON Schemas')
    .action(show)
  command
    .command('schema')
    .description('print the JSON Schemas (2020-12) of request and response')
    .argument('<name>')
    .option('--request', 'the schema of the request alone')
    .option('--response', 'the schema of the response alone')
    .action(schema)
  command
    .command('openapi')
    .description('print an OpenAPI 3.1 document of chosen methods')
    .argument('[names...]')
    .option('--group <text>', 'all methods whose group has this text')
    .option('--all', 'all methods: some 23 MB')
    .option('--out <file>', 'write to a file')
    .option('--url <url>', 'the server that the document names', usual)
    .action(openapi)
  command
    .command('types')
    .description("write TypeScript types of methods, which the client's callByName then knows")
    .argument('<names...>')
    .option('--out <file>', 'write to a file')
    .action(types)
  return command
}

interface ListFlags extends Omit<MethodFilter, 'words'> {
  readonly limit: number
  readonly json?: boolean
}

function list(words: readonly string[], { json, limit, ...filter }: ListFlags): void {
  const listed = listMethods(listedMethods(), { words, limit, ...filter })
  if (json) printJson(listed)
  else print(listText(listed, words, columns()))
  if (listed.total === 0) process.exitCode = 1
}

interface ShowFlags {
  readonly lang: PageLanguage
  readonly url: string
  readonly json?: boolean
}

async function show(name: string, { lang, url, json }: ShowFlags): Promise<void> {
  known([name])
  checkUrl(url)
  // A gateway in this process answers as a running one does.
  await using gateway = createGateway()
  const path = `/_localtop/methods/${encodeURIComponent(name)}?appKey=12345678`
  const response = await gateway.fetch(new Request(new URL(path, url)))
  const described = (await response.json()) as DescribedMethod
  if (json) printJson(described)
  else print(pageText(described, { lang, width: columns() }))
}

interface SchemaFlags {
  readonly request?: boolean
  readonly response?: boolean
}

function schema(name: string, { request, response }: SchemaFlags): void {
  const schemas = jsonSchemasOf(known([name])[0] as MethodFacts)
  const chosen = request === response ? schemas : request ? schemas.request : schemas.response
  print(JSON.stringify(chosen, null, 2))
}

interface OpenApiFlags {
  readonly group?: string
  readonly all?: boolean
  readonly out?: string
  readonly url: string
}

async function openapi(
  names: readonly string[],
  { group, all, out, url }: OpenApiFlags,
): Promise<void> {
  if ([names.length > 0, group !== undefined, all].filter(Boolean).length !== 1) {
    throw new UsageError('openapi: give names, --group or --all')
  }
  const chosen = names.length > 0 ? [...new Set(names)] : namesIn(group)
  if (chosen.length === 0) throw new UsageError(`--group: no group has "${group}"`)
  if (names.length > 0) known(names)
  checkUrl(url)
  const text = openApiText(counted(chosen), { version, server: url })
  if (out === undefined) return pipeline(Readable.from(text), process.stdout, { end: false })
  try {
    await pipeline(Readable.from(text), createWriteStream(out))
  } catch (error) {
    throw new UsageError(`--out: ${(error as Error).message}`)
  }
}

const namesIn = (group: string | undefined) =>
  listMethods(listedMethods(), { group }).methods.map(({ name }) => name)

/** The facts of methods, one by one, with their number on a terminal. */
function* counted(names: readonly string[]): Generator<MethodFacts> {
  const shows = process.stderr.isTTY && names.length > 500
  for (const [at, name] of names.entries()) {
    if (shows && at % 250 === 0) process.stderr.write(`\r${at} of ${names.length} methods`)
    const facts = factsOf(name)
    if (facts) yield facts
  }
  if (shows) process.stderr.write(`\r${names.length} of ${names.length} methods\n`)
}

function checkUrl(url: string): void {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new UsageError(`--url was "${url}"; expected a URL such as ${usual}`)
  }
}

function types(names: readonly string[], { out }: { readonly out?: string }): void {
  const chosen = [...new Set(names)]
  const head = `Written by localtop ${version}: localtop methods types ${chosen.join(' ')}`
  const text = typescriptOf(known(chosen), head)
  if (out === undefined) process.stdout.write(text)
  else {
    try {
      writeFileSync(out, text)
    } catch (error) {
      throw new UsageError(`--out: ${(error as Error).message}`)
    }
    complain(`${out}: ${chosen.length} ${chosen.length === 1 ? 'method' : 'methods'}`)
  }
}

/** The facts of methods by their names. @throws UsageError for a name that no method has */
function known(names: readonly string[]): MethodFacts[] {
  return names.map((name) => {
    const facts = factsOf(name)
    if (facts) return facts
    const near = methodsNear(methodNames(), name)
    const meant = near.length > 0 ? `; did you mean ${near.join(', ')}?` : ''
    throw new UsageError(`methods: the platform has no method "${name}"${meant}`)
  })
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('expected a whole number from 1')
  return Number(text)
}

/** Chinese for a Chinese locale, English for any other. */
function languageOf({ LC_ALL, LC_MESSAGES, LANG }: NodeJS.ProcessEnv): PageLanguage {
  return /^zh/i.test(LC_ALL || LC_MESSAGES || LANG || '') ? 'zh' : 'en'
}
