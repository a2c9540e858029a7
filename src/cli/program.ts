import { Command } from 'commander'
import { commands } from './commands.ts'

/** Carries out what the command line says, and leaves the exit status in `process.exitCode`. */
export async function main(): Promise<void> {
  const program = new Command('localtop')
    .description('The Taobao Open Platform gateway on your own machine, with a contract test kit')
    .configureHelp({ subcommandTerm: (command) => command.name() })
  const asked = askedFor(process.argv.slice(2))
  if (asked === undefined) program.version((await import('../server/index.ts')).version)
  for (const [name, { summary, load }] of Object.entries(commands)) {
    const command = name === asked ? (await load())() : new Command(name)
    program.addCommand(command.description(summary), { isDefault: name === 'start' })
  }
  exitByException(program)

  // Whoever reads has seen enough: `localtop methods list | head`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })

  try {
    await program.parseAsync()
  } catch (error) {
    // Read when something goes wrong only: it knows the errors of every command.
    const { statusOf } = await import('./exit-status.ts')
    process.exitCode = statusOf(error)
  }
}

/** The command that the arguments lead to; `undefined` where they ask for the version or the help of all. */
function askedFor(args: readonly string[]): string | undefined {
  const [first = 'start', second = ''] = args
  if (['-h', '--help', '-V', '--version'].includes(first)) return undefined
  if (first === 'help') return Object.hasOwn(commands, second) ? second : undefined
  return Object.hasOwn(commands, first) ? first : 'start'
}

/** Commander would end the process by itself; here {@link main} is the one place that decides the status. */
function exitByException(command: Command): void {
  command.exitOverride()
  for (const sub of command.commands) exitByException(sub)
}
