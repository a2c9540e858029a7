import { readFileSync, statSync } from 'node:fs'
import { isNode, LineCounter, parseDocument } from 'yaml'
import type * as z from 'zod'
import { type Problem, problemsOf } from '../contracts/problems.ts'

/** A file that a person wrote cannot be used; each problem says where. */
export class DataFileError extends Error {
  override readonly name = 'DataFileError'
  readonly file: string
  readonly problems: readonly (Problem & { readonly line?: number })[]

  constructor(file: string, problems: readonly (Problem & { readonly line?: number })[]) {
    const lines = problems.map(
      ({ path, line, message }) =>
        `${file}${line === undefined ? '' : `:${line}`}: ${path === '' ? '' : `${path}: `}${message}`,
    )
    super(lines.join('\n'))
    this.file = file
    this.problems = problems
  }
}

/**
 * Reads a YAML or JSON file (YAML is a superset) and holds it against a schema.
 *
 * @throws DataFileError naming file, line and path of everything wrong
 */
export function readDataFile<T extends z.ZodType>(
  file: string,
  schema: T,
  /** What is wrong beyond the schema, by its place. */
  check: (value: z.output<T>) => readonly Problem[] = () => [],
  mostBytes = Number.POSITIVE_INFINITY,
): z.output<T> {
  let source: string
  try {
    const { size } = statSync(file)
    if (size > mostBytes) {
      const message = `the file has ${size} bytes; expected at most ${mostBytes}`
      throw new DataFileError(file, [{ path: '', message }])
    }
    source = readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof DataFileError) throw error
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error)
    throw new DataFileError(file, [{ path: '', message: reason }])
  }
  if (source.trim() === '') throw new DataFileError(file, [{ path: '', message: 'it is empty' }])
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, merge: true, logLevel: 'error' })
  const [broken] = document.errors
  if (broken) {
    throw new DataFileError(file, [
      {
        path: '',
        line: lines.linePos(broken.pos[0]).line,
        message: broken.message.split('\n')[0]?.replace(/ at line \d+, column \d+:$/, '') ?? '',
      },
    ])
  }
  const result = schema.safeParse(contentOf(document, file) ?? {})
  const problems = result.success
    ? check(result.data)
    : result.error.issues.flatMap((issue) =>
        problemsOf({ issues: [issue] } as unknown as z.ZodError),
      )
  if (result.success && problems.length === 0) return result.data
  throw new DataFileError(
    file,
    problems.map((problem) => {
      const line = lineOf(document, lines, problem.path)
      return line === undefined ? problem : { ...problem, line }
    }),
  )
}

/** What the document says; aliases of nothing, and those that would grow without bound, are found only here. */
function contentOf(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS()
  } catch (error) {
    throw new DataFileError(file, [{ path: '', message: (error as Error).message }])
  }
}

/** The line of the deepest part of a path that the file has. */
function lineOf(
  document: ReturnType<typeof parseDocument>,
  lines: LineCounter,
  path: string,
): number | undefined {
  const parts = [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, key]) =>
    index === undefined ? (key as string) : Number(index),
  )
  for (let length = parts.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(parts.slice(0, length), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return undefined
}
