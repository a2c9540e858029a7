import { Command } from 'commander'
import { fidelityLedger } from '../server/index.ts'
import { bold, dim, green, print, printJson, yellow } from './terminal.ts'

export function fidelityCommand(): Command {
  return new Command('fidelity').option('--json', 'machine-readable').action(fidelity)
}

function fidelity({ json }: { readonly json?: boolean }): void {
  const ledger = fidelityLedger()
  if (json) {
    printJson(ledger)
    return
  }
  const colours = { documented: green, observed: bold, assumed: yellow }
  const width = Math.max(...ledger.map((entry) => entry.name.length))
  for (const { kind, name, fidelity: label, source, modelled } of ledger) {
    print(
      `${kind.padEnd(8)}  ${name.padEnd(width)}  ${colours[label](label.padEnd(10))}  ${dim(source)}${modelled === false ? yellow('  on demand only') : ''}`,
    )
  }
  const count = (label: string) => ledger.filter((entry) => entry.fidelity === label).length
  const unmodelled = ledger.filter((entry) => entry.modelled === false).length
  print(
    `\n${unmodelled} errors have no cause in this gateway: they come when they are asked for (localtop errors)`,
  )
  print(
    `${ledger.length} entries: ${count('documented')} documented, ${count('observed')} observed, ${count('assumed')} assumed`,
  )
}
