import { readFileSync, statSync } from 'node:fs'
import { isCollection, isNode, isScalar, Lexer, LineCounter, parseDocument, visit } from 'yaml'
import type * as z from 'zod'
import { deepestNesting, isNestedTooDeep } from '../contracts/nesting.ts'
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
  if (isWrittenTooDeep(source)) throw new DataFileError(file, [tooDeep])
  const lines = new LineCounter()
  const document = parseDocument(source, {
    lineCounter: lines,
    merge: true,
    logLevel: 'error',
    // It compares each name with each other; `wrongNameIn` looks at each once.
    uniqueKeys: false,
  })
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
  const wrongName = wrongNameIn(document)
  if (wrongName) {
    const { message, offset } = wrongName
    throw new DataFileError(file, [{ path: '', line: lines.linePos(offset).line, message }])
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
  let content: unknown
  try {
    content = document.toJS()
  } catch (error) {
    throw new DataFileError(file, [{ path: '', message: (error as Error).message }])
  }
  if (isNestedTooDeep(content)) throw new DataFileError(file, [tooDeep])
  return content
}

/** A name that stands twice in one structure, or is none. */
function wrongNameIn(document: ReturnType<typeof parseDocument>) {
  let wrong: { readonly message: string; readonly offset: number } | undefined
  visit(document, {
    Map(_, { items }) {
      const names = new Set<unknown>()
      for (const { key } of items) {
        const name = isScalar(key) ? key.value : key
        const offset = isNode(key) ? (key.range?.[0] ?? 0) : 0
        // To turn lists within lists into a name takes time without end.
        if (isCollection(key))
          wrong = { message: 'a name is a list or a structure; expected a text', offset }
        else if (names.has(name) && name !== '<<')
          wrong = { message: `the name ${JSON.stringify(name)} stands here twice`, offset }
        if (wrong) return visit.BREAK
        names.add(name)
      }
      return undefined
    },
  })
  return wrong
}

const tooDeep: Problem = {
  path: '',
  message: `it is nested more than ${deepestNesting} levels deep`,
}

/**
 * A look before the parser's, which goes down into every level and, some hundreds of levels deep, takes the
 * process with it: brackets that are open, and lines that are further in than the line above them.
 */
function isWrittenTooDeep(source: string): boolean {
  let brackets = 0
  // Its tokens tell a bracket from one that stands in a text.
  for (const token of new Lexer().lex(source)) {
    if (token === '[' || token === '{') brackets++
    else if (token === ']' || token === '}') brackets--
    if (brackets > deepestWritten) return true
  }
  const indents: number[] = []
  for (const [line] of source.matchAll(/[^\r\n]+/g)) {
    const [, blanks = '', indicators = ''] = /^( *)((?:[-?:][ \t]+)*)/.exec(line) ?? []
    if (blanks.length < line.length) {
      while ((indents.at(-1) ?? -1) >= blanks.length) indents.pop()
      indents.push(blanks.length)
    }
    if (indents.length + indicators.length / 2 > deepestWritten) return true
  }
  return false
}

/** Lines may be further in than their structure is deep. */
const deepestWritten = 2 * deepestNesting

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
