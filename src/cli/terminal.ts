import pc from 'picocolors'

/** A wrong flag, or a file that cannot be used: one line on stderr, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const print = (text: string) => void process.stdout.write(`${text}\n`)
export const printJson = (value: unknown) => print(JSON.stringify(value))
export const complain = (text: string) => void process.stderr.write(`${text}\n`)

export const { bold, cyan, dim, green, red, yellow } = pc

/** How many columns there are to fill: the terminal's, else those of COLUMNS, else 100; never very few or many. */
export function columns(): number {
  const { columns: wide = 100, isTTY } = process.stdout
  return Math.min(Math.max(isTTY ? wide : Number(process.env.COLUMNS) || 100, 40), 160)
}
