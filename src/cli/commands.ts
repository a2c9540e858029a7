import type { Command } from 'commander'

/** A command of `localtop`. */
interface Entry {
  readonly summary: string
  /** Reads its code, which the start of another command does not wait for. */
  load(): Promise<() => Command>
}

/** All commands, in the order of the help. */
export const commands: Readonly<Record<string, Entry>> = {
  start: {
    summary: 'start the gateway and print how to call it',
    load: async () => (await import('./start.ts')).startCommand,
  },
  run: {
    summary: 'run a program, unchanged, against the gateway: its calls to the platform end there',
    load: async () => (await import('./run.ts')).runCommand,
  },
  matrix: {
    summary: 'run a program once for each failure scenario and say what it survived',
    load: async () => (await import('./matrix.ts')).matrixCommand,
  },
  replay: {
    summary: 'repeat a run that failed from its capsule, and shrink it',
    load: async () => (await import('./replay.ts')).replayCommand,
  },
  publish: {
    summary: 'publish a CSV, JSON or JSONL file of items; run it again to go on where it stopped',
    load: async () => (await import('./publish.ts')).publishCommand,
  },
  explain: {
    summary: 'say why the signature of a call is wrong',
    load: async () => (await import('./explain.ts')).explainCommand,
  },
  verify: {
    summary: 'play the contract suite against a gateway: does it keep the contract?',
    load: async () => (await import('./verify.ts')).verifyCommand,
  },
  record: {
    summary: 'pass calls through to another gateway, and keep calls and answers, masked',
    load: async () => (await import('./record.ts')).recordCommand,
  },
  drift: {
    summary: 'compare recorded answers with the contracts and with this gateway, offline',
    load: async () => (await import('./drift.ts')).driftCommand,
  },
  lock: {
    summary: 'write down the methods, parameters and response fields that were really used',
    load: async () => (await import('./lock.ts')).lockCommand,
  },
  scenarios: {
    summary: 'the failure scenarios: list, print, play, schema',
    load: async () => (await import('./scenarios.ts')).scenariosCommand,
  },
  methods: {
    summary:
      'the API catalogue: search the methods of the platform, show one, write schemas and types',
    load: async () => (await import('./methods.ts')).methodsCommand,
  },
  errors: {
    summary: 'the platform errors: list them, show one as it is sent',
    load: async () => (await import('./errors.ts')).errorsCommand,
  },
  store: {
    summary: 'the data folder: check it, repair it, fold its logs',
    load: async () => (await import('./store.ts')).storeCommand,
  },
  fidelity: {
    summary: 'what of the platform is documented, observed or assumed, with sources',
    load: async () => (await import('./fidelity.ts')).fidelityCommand,
  },
}
