import { Command } from 'commander'
import { errorCatalogue, type ListedError, magicParameters, showError } from '../server/index.ts'
import { bold, dim, print, printJson, UsageError, yellow } from './terminal.ts'

interface JsonFlag {
  readonly json?: boolean
}

export function errorsCommand(): Command {
  const command = new Command('errors')
  command
    .command('list')
    .description('list every error with the reference that asks for it')
    .option('--json', 'machine-readable')
    .action(list)
  command
    .command('show')
    .description('print one error, its answers in JSON and XML, and how to ask for it')
    .argument(
      '<ref>',
      'such as 27, 27/session-expired, isp.remote-service-timeout, 40?parameter=title',
    )
    .option('--json', 'machine-readable')
    .action(show)
  return command
}

function list({ json }: JsonFlag): void {
  const catalogue = errorCatalogue()
  if (json) {
    printJson(catalogue)
    return
  }
  const { errors, families, unknownCodes } = catalogue
  const width = Math.max(...errors.map(({ reference }) => reference.length))
  for (const error of errors) {
    const { reference, msg, subMsg, gate } = error
    print(
      `${bold(reference.padEnd(width))}  ${subMsg ?? msg}  ${gate === null ? yellow('on demand only') : dim(`gate ${gate}`)}`,
    )
  }
  print(`\nAny member of these families as well, with code 15 or the one in front of it:`)
  for (const { form, meaning } of families) print(`${bold(form.padEnd(width))}  ${meaning.en}`)
  print(`\nNo source says what ${unknownCodes.join(', ')} are.`)
}

function show(reference: string, { json }: JsonFlag): void {
  const shown = showError(reference)
  if (typeof shown === 'string') throw new UsageError(shown)
  if (json) {
    printJson(shown)
    return
  }
  const { error, answers } = shown
  if (error) describe(error)
  for (const [profile, byFormat] of Object.entries(answers)) {
    print(`\n${bold(profile)}`)
    for (const body of Object.values(byFormat)) print(body)
  }
  print(`\n${bold('to get it')}`)
  print(`x-localtop-error: ${reference}     a header`)
  print(`[[${reference}]]     in any of ${magicParameters.join(', ')}`)
  print(`refuse: ${reference}     a scenario's rule`)
}

function describe(error: ListedError): void {
  const { code, name, retry, unknownOutcome, httpStatus, gate, fidelity, source, blanks } = error
  print(`${bold(`${code} ${name}`)}${error.subCode === undefined ? '' : `  ${error.subCode}`}`)
  if (error.meaning !== undefined) print(error.meaning)
  print(`retry    ${retry}${unknownOutcome ? ' (the call may have been carried out)' : ''}`)
  print(`cause    ${gate === null ? 'none here: it comes on demand only' : `the gate ${gate}`}`)
  print(`status   200; ${httpStatus} with --http-status semantic`)
  print(`label    ${fidelity}: ${source}`)
  const open = Object.entries(blanks)
  if (open.length > 0) {
    print(`blanks   ${open.map(([blank, value]) => `?${blank}=${value}`).join('  ')}`)
  }
}
