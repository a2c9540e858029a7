import { Command } from 'commander'
import { fidelityLedger } from '../server/index.ts'
import { bold, dim, green, print, printJson, yellow } from './terminal.ts'

export function fidelityCommand(): Command {
  return new Command('fidelity')
    .description('what of the platform is documented, observed or assumed, with sources')
    .option('--json', 'machine-readable')
    .action(fidelity)
}

function fidelity({ json }: { readonly json?: boolean }): void {
  const ledger = fidelityLedger()
  if (json) {
    printJson(ledger)
    return
  }
  const colours = { documented: green, observed: bold, assumed: yellow }
  const width = Math.max(...ledger.map((entry) => entry.name.length))
  for (const { kind, name, fidelity: label, source } of ledger) {
    print(
      `${kind.padEnd(8)}  ${name.padEnd(width)}  ${colours[label](label.padEnd(10))}  ${dim(source)}`,
    )
  }
  const count = (label: string) => ledger.filter((entry) => entry.fidelity === label).length
  print(
    `\n${count('documented')} documented, ${count('observed')} observed, ${count('assumed')} assumed`,
  )
}
