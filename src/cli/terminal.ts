import pc from 'picocolors'

/** A wrong flag, or a file that cannot be used: one line on stderr, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const print = (text: string) => void process.stdout.write(`${text}\n`)
export const printJson = (value: unknown) => print(JSON.stringify(value))
export const complain = (text: string) => void process.stderr.write(`${text}\n`)

export const { bold, cyan, dim, green, red, yellow } = pc
