import { existsSync, readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import {
  CallFormatError,
  type FixLanguage,
  fixLanguages,
  type ReadCall,
  readCall,
  worldSeed,
} from '../contracts/index.ts'
import {
  createGateway,
  type ExplainedCall,
  type GatewayOptions,
  readDataFile,
} from '../server/index.ts'
import { explainReport, type ReportLanguage, reportLanguages } from './explain-report.ts'
import { columns, print, printJson, UsageError } from './terminal.ts'

interface ExplainFlags {
  readonly appSecret?: string
  readonly world?: string
  readonly gateway?: string
  readonly token?: string
  readonly fix: FixLanguage | 'all'
  readonly lang: ReportLanguage
  readonly json?: boolean
}

export function explainCommand(): Command {
  return new Command('explain')
    .argument(
      '[file]',
      'a curl command, URL, raw HTTP request, JSON or form in a file; - or nothing reads standard input',
    )
    .addOption(
      new Option(
        '--app-secret <secret>',
        "the app's secret, better in the environment; without it the secret is looked up by app_key",
      ).env('TOP_APP_SECRET'),
    )
    .option('--world <file>', "world file whose apps are known (default: the default world's)")
    .option('--gateway <url>', 'ask a running gateway, which knows its apps and sessions')
    .option('--token <token>', 'control token of a gateway that is not on this machine')
    .addOption(
      new Option('--fix <language>', 'show the corrected line in one language only')
        .choices([...fixLanguages, 'all'])
        .default('all'),
    )
    .addOption(
      new Option('--lang <language>', 'en, zh or both')
        .choices(reportLanguages)
        .default(languageOf(process.env), 'by LANG'),
    )
    .option('--json', 'machine-readable')
    .addHelpText(
      'after',
      '\nExit status: 0 the sign is correct, 1 it is wrong, 2 a wrong use.\n\nExamples:\n  localtop explain call.sh\n  localtop explain < call.sh\n  localtop explain --gateway http://127.0.0.1:7070 request.txt',
    )
    .action(explain)
}

async function explain(file: string | undefined, flags: ExplainFlags): Promise<void> {
  if (flags.gateway !== undefined && flags.world !== undefined) {
    throw new UsageError('--world: the gateway of --gateway has a world of its own')
  }
  const call = readCall(await given(file), readHere)
  const asked = { ...call, appSecret: call.appSecret ?? flags.appSecret }
  const answer =
    flags.gateway === undefined
      ? await askHere(asked, flags)
      : await askGateway(asked, flags.gateway, flags.token)
  if (flags.json) printJson(answer)
  else {
    const width = Math.min(columns(), 120)
    print(explainReport(answer, { width, lang: flags.lang, fix: flags.fix }))
  }
  process.exitCode = answer.verdict === 'correct' ? 0 : 1
}

/** Chinese for a Chinese locale, English for an English one, both where nothing is said. */
function languageOf({ LC_ALL, LC_MESSAGES, LANG }: NodeJS.ProcessEnv): ReportLanguage {
  const locale = LC_ALL || LC_MESSAGES || LANG || ''
  return /^zh/i.test(locale) ? 'zh' : /^en/i.test(locale) ? 'en' : 'both'
}

/** What the command was given: a file, standard input, or the call itself as an argument. */
async function given(file: string | undefined): Promise<string | Uint8Array> {
  if (file === '-' || file === undefined) {
    if (file === undefined && process.stdin.isTTY) {
      throw new UsageError(
        'explain: give a file, pipe the call in, or type localtop explain -, paste it and end with Ctrl-D',
      )
    }
    const chunks: Buffer[] = []
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  }
  if (existsSync(file)) {
    try {
      return readFileSync(file)
    } catch (error) {
      throw new UsageError(`explain: ${file}: ${(error as Error).message}`)
    }
  }
  // A URL or a whole curl command in quotes is no file name.
  if (/^https?:\/\/|^curl\s|^\s*\{|[?&]sign=/.test(file)) return file
  throw new UsageError(`explain: ${file}: there is no such file`)
}

/** Reads what a curl command names with `@`, where it was run in this folder. */
function readHere(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}

/** The body of `POST /explain` for a call that has been read. */
const requestOf = ({ params, files, body, form, appSecret }: ReadCall) => ({
  params,
  files: files?.map(({ name, fileName, bytes }) => ({
    name,
    fileName,
    base64: Buffer.from(bytes).toString('base64'),
  })),
  body,
  form,
  appSecret,
})

/** A gateway in this process, without a socket, answers as a running one does. */
async function askHere(call: ReadCall, flags: ExplainFlags): Promise<ExplainedCall> {
  const world =
    flags.world === undefined
      ? undefined
      : (readDataFile(flags.world, worldSeed) as GatewayOptions['world'])
  const gateway = createGateway({ world, store: 'memory' })
  try {
    return await answered(call, (request) => gateway.fetch(request), 'http://localhost')
  } finally {
    await gateway.close()
  }
}

function askGateway(
  call: ReadCall,
  url: string,
  token: string | undefined,
): Promise<ExplainedCall> {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new UsageError(`--gateway was "${url}"; expected a URL such as http://127.0.0.1:7070`)
  }
  return answered(
    call,
    async (request) => {
      try {
        return await fetch(request)
      } catch (error) {
        const { cause, message } = error as Error
        throw new UsageError(
          `--gateway: ${url} does not answer: ${cause instanceof Error ? cause.message : message}`,
        )
      }
    },
    url,
    token,
  )
}

async function answered(
  call: ReadCall,
  send: (request: Request) => Promise<Response>,
  url: string,
  token?: string,
): Promise<ExplainedCall> {
  const response = await send(
    new Request(new URL('/_localtop/explain', url), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(requestOf(call)),
    }),
  )
  const text = await response.text()
  const answer = parsed(text)
  if (response.ok && answer?.verdict)
    return { ...answer, ...(call.notes.length > 0 && { notes: call.notes }) } as ExplainedCall
  const message = answer?.error
  if (typeof message !== 'string') {
    throw new UsageError(
      `--gateway: ${url} answered HTTP ${response.status} and no explanation; is it a LocalTOP gateway?`,
    )
  }
  if (response.status === 403) throw new UsageError(`--token: ${message}`)
  throw new CallFormatError(
    message.replace('give it as "appSecret"', 'give it with --app-secret or in TOP_APP_SECRET'),
  )
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
