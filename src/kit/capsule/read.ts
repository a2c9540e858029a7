import { readFileSync } from 'node:fs'
import { type Problem, problemsOf, worldSeed } from '../../contracts/index.ts'
import { DataFileError, readDataFile } from '../../server/index.ts'
import { type Capsule, type CapsuleRequest, capsule } from './capsule.ts'

/**
 * Reads a capsule.
 *
 * @throws DataFileError for a file that is none, is cut, is of another version or was edited into something
 * else, with the place of everything wrong
 */
export function readCapsule(file: string): Capsule {
  const value = parsed(file)
  const { format, version } = (value ?? {}) as { format?: unknown; version?: unknown }
  if (format !== 'localtop-capsule') {
    throw wrong(
      file,
      'format',
      `this is no capsule: its format is ${format === undefined ? 'not there' : JSON.stringify(format)}, expected "localtop-capsule"`,
    )
  }
  if (version !== 1) {
    throw wrong(
      file,
      'version',
      `this capsule is of version ${JSON.stringify(version)}; this LocalTOP reads version 1`,
    )
  }
  const read = capsule.safeParse(value)
  // Parsed once more for the lines of what is wrong.
  if (!read.success) return readDataFile(file, capsule)
  const world = worldSeed.safeParse(read.data.world)
  const problems = [
    ...(world.success ? [] : problemsOf(world.error, ['world'])),
    ...read.data.requests.flatMap(problemsOfRequest),
  ]
  if (problems.length > 0) throw new DataFileError(file, problems)
  return read.data
}

/** What `Request` would refuse. */
function problemsOfRequest({ url, verb, headers }: CapsuleRequest, at: number): Problem[] {
  try {
    new Request(url, { method: verb, headers })
    return []
  } catch (error) {
    return [{ path: `requests[${at}]`, message: (error as Error).message }]
  }
}

function parsed(file: string): unknown {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw wrong(file, '', missing ? 'there is no such file' : String(error))
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    const { message } = error as Error
    const position = /position (\d+)/.exec(message)?.[1]
    const end = text.trimEnd().length
    const isCut = /end of JSON input/.test(message) || Number(position ?? -1) >= end
    const at = position === undefined && isCut ? end : position
    throw new DataFileError(file, [
      {
        path: '',
        message:
          isCut && end > 0
            ? 'the file ends in the middle: it was cut'
            : `this is no JSON: ${message}`,
        // Not every version of Node says where.
        ...(at !== undefined && { line: text.slice(0, Number(at)).split('\n').length }),
      },
    ])
  }
}

const wrong = (file: string, path: string, message: string) =>
  new DataFileError(file, [{ path, message }])
