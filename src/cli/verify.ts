import { Command, Option } from 'commander'
import * as z from 'zod'
import { type ProfileName, profileNames } from '../contracts/index.ts'
import {
  type CaseKind,
  type ContractCase,
  caseKinds,
  contractReport,
  eachContractCase,
  reasonNotToRun,
  runContractSuite,
  writeContractReports,
} from '../kit/index.ts'
import { createGateway, readDataFile } from '../server/index.ts'
import { rate } from './flags.ts'
import { takeInterrupts } from './interruption.ts'
import { addToStepSummary } from './step-summary.ts'
import { bold, complain, dim, green, print, printJson, red, yellow } from './terminal.ts'

interface VerifyFlags {
  readonly url?: string
  readonly appKey?: string
  readonly appSecret?: string
  readonly session?: string
  readonly expiredSession?: string
  readonly foreignSession?: string
  readonly neighbourSession?: string
  readonly profile: ProfileName
  readonly methods?: readonly string[]
  readonly kinds?: readonly string[]
  readonly known?: string
  readonly writes?: boolean
  readonly assumed?: boolean
  readonly rate?: string
  readonly dryRun?: boolean
  readonly report: string
  readonly json?: boolean
}

const list = (text: string, before: readonly string[] = []) => [
  ...before,
  ...text.split(',').map((one) => one.trim()),
]

export function verifyCommand(): Command {
  return (
    new Command('verify')
      .addOption(
        new Option('--url <url>', 'the gateway (default: a fresh one in this process)').env(
          'TOP_VERIFY_URL',
        ),
      )
      .addOption(
        new Option('--app-key <key>', 'a LocalTOP mints a tenant where there is none').env(
          'TOP_APP_KEY',
        ),
      )
      .addOption(
        new Option('--app-secret <secret>', 'better in the environment').env('TOP_APP_SECRET'),
      )
      .addOption(new Option('--session <session>').env('TOP_SESSION'))
      .option('--expired-session <session>', 'a session that has ended, to be refused')
      .option('--foreign-session <session>', "another app's session, to be refused")
      .option('--neighbour-session <session>', "another seller's session of this app")
      .addOption(
        new Option('--profile <name>', 'which contract is to be kept')
          .choices(profileNames)
          .default('production'),
      )
      .addOption(
        new Option(
          '--methods <names>',
          "methods, or patterns such as 'taobao.items.*'; with commas or repeated; '*' is all (default: those with a hand-written contract)",
        ).argParser(list),
      )
      .addOption(
        new Option(
          '--kinds <kinds>',
          `with commas or repeated: ${caseKinds.join(', ')} (default: all)`,
        ).argParser(list),
      )
      .option('--known <file>', 'YAML or JSON: parameters of things that exist there, by method')
      .option('--writes', 'calls that may change something too (default: for a LocalTOP only)')
      .option('--no-writes', 'reading calls only')
      .option(
        '--assumed',
        'hold the gateway to what is only assumed of the platform (default: for a LocalTOP only)',
      )
      .option('--no-assumed', 'documented and observed behaviour only')
      .addOption(
        new Option(
          '--rate <rate>',
          'never send faster: N/sec, N/min … (default: off for a LocalTOP, else 5/sec)',
        ).argParser(rate),
      )
      .option('--dry-run', 'list the calls and send nothing')
      .addOption(new Option('--report <dir>', 'where reports go').default('.localtop/reports'))
      .option('--json', 'print the report as JSON; with --dry-run a line for each case')
      .addHelpText(
        'after',
        `
  localtop verify
  localtop verify --url http://127.0.0.1:7070 --methods 'taobao.items.*'
  localtop verify --url https://gateway.example --known known.yaml --dry-run

A gateway that is no LocalTOP is only read from, at most five calls a second, and the calls are listed
first. Exit status: 0 the contract is kept, 1 it is not, 2 a wrong use, or no case could be run.`,
      )
      // Switches that nobody set are left open: the gateway decides.
      .action((flags: VerifyFlags, command: Command) => {
        const open = (name: 'writes' | 'assumed') =>
          command.getOptionValueSource(name) === 'default' ? undefined : flags[name]
        return verify({ ...flags, writes: open('writes'), assumed: open('assumed') } as VerifyFlags)
      })
  )
}

const knownFile = z.record(
  z.string(),
  z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)),
)

async function verify(flags: VerifyFlags): Promise<void> {
  const { url, json = false } = flags
  const selection = {
    profile: flags.profile,
    methods: flags.methods,
    kinds: flags.kinds as readonly CaseKind[] | undefined,
    known: flags.known === undefined ? undefined : readDataFile(flags.known, knownFile),
  }
  if (flags.dryRun) {
    listCalls(eachContractCase(selection), flags)
    return
  }
  // One that is ours has nobody else's traffic: its limit would only make the run longer.
  const gateway = url === undefined ? createGateway({ rateLimit: 'off' }) : undefined
  const interruption = takeInterrupts()
  const progress = progressLine()
  try {
    const report = await runContractSuite({
      ...selection,
      ...(gateway ? { fetch: gateway.fetch } : { url }),
      ...(gateway ? {} : credentials(flags)),
      writes: flags.writes,
      assumed: flags.assumed,
      rate: flags.rate,
      signal: interruption.signal,
      ...(url !== undefined && {
        onStart: (found, cases) => {
          if (found.isOurs) return
          complain(`${url} is no LocalTOP; these ${callsIn(cases)} calls will be made:`)
          for (const one of cases) for (const line of callLines(one)) complain(`  ${line}`)
        },
      }),
      onCase: (outcome) => progress.show(outcome.state),
    })
    progress.end()
    writeContractReports(report, flags.report)
    addToStepSummary(() => contractReport(report, 'markdown'))
    if (json) printJson(report)
    else {
      print(contractReport(report, 'text', { bold, dim, red, yellow, green }))
      print(dim(`reports in ${flags.report}`))
    }
    process.exitCode = interruption.signal.aborted ? 130 : report.failed > 0 ? 1 : 0
  } finally {
    progress.end()
    interruption.end()
    await gateway?.close()
  }
}

const credentials = (flags: VerifyFlags) => ({
  appKey: flags.appKey,
  appSecret: flags.appSecret,
  session: flags.session,
  sessions: {
    expired: flags.expiredSession,
    foreign: flags.foreignSession,
    neighbour: flags.neighbourSession,
  },
})

const callsIn = (cases: readonly ContractCase[]) =>
  cases.reduce((sum, { steps }) => sum + steps.length, 0)

function callLines({ id, steps }: ContractCase): string[] {
  return steps.map(({ call }) => {
    const { verb = 'POST', method, batch, params = {}, files = {}, session = 'own' } = call
    const texts = Object.entries(params).map(
      ([name, value]) => `${name}=${value.length > 60 ? `${value.slice(0, 57)}…` : value}`,
    )
    const names = batch?.map((one) => one.method).join('+') ?? method ?? '(no method)'
    const parts = [verb, names, ...texts, ...Object.keys(files).map((name) => `${name}=(file)`)]
    if (session !== 'own') parts.push(`session: ${session}`)
    return `${parts.join(' ')}  ${dim(`# ${id}`)}`
  })
}

/** What would be sent. Whether the gateway is ours cannot be known without asking it: no `--url` is ours. */
function listCalls(cases: Iterable<ContractCase>, flags: VerifyFlags): void {
  const isOurs = flags.url === undefined
  const { sessions, session } = credentials(flags)
  const everything = { own: '', expired: '', foreign: '', neighbour: '' }
  const target = {
    isOurs,
    writes: flags.writes ?? isOurs,
    assumed: flags.assumed ?? isOurs,
    sessions: isOurs
      ? everything
      : Object.fromEntries(
          Object.entries({ ...sessions, own: session }).filter(([, one]) => one !== undefined),
        ),
  }
  let calls = 0
  let left = 0
  for (const one of cases) {
    const reason = reasonNotToRun(one, target)
    if (flags.json) printJson({ ...one, ...(reason !== undefined && { notRun: reason }) })
    else if (reason === undefined) for (const line of callLines(one)) print(line)
    if (reason === undefined) calls += one.steps.length
    else left++
  }
  complain(`${calls} calls; ${left} cases would not be run. Nothing was sent.`)
}

/** One line on a terminal; in a log it is noise. */
function progressLine() {
  const isShown = process.stderr.isTTY
  let [played, failed] = [0, 0]
  return {
    show(state: string) {
      played++
      if (state === 'failed') failed++
      if (isShown && played % 10 === 0) {
        process.stderr.write(`\r${played} cases, ${failed} failed`)
      }
    },
    end() {
      if (isShown && played > 0) process.stderr.write('\r\u001b[K')
      played = 0
    },
  }
}
