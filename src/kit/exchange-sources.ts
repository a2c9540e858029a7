import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, relative, sep } from 'node:path'
import {
  controlPath,
  ExchangeFormatError,
  type ExchangeLines,
  readExchangeLines,
  type SourcedExchange,
} from '../contracts/index.ts'

/** Exchanges cannot be had: no such file, no recording, a gateway that does not answer. */
export class ExchangeSourceError extends Error {
  override readonly name = 'ExchangeSourceError'
}

/** Exchanges with where they come from, and what is to be said of the sources, each in a sentence. */
export interface GatheredExchanges {
  readonly exchanges: readonly SourcedExchange[]
  readonly notices: readonly string[]
}

/**
 * Reads files of exchanges: recordings, and what `run` and `matrix` leave in their folder. Of a folder, all
 * that are called `…exchanges.jsonl`, at any depth.
 *
 * @throws ExchangeSourceError for a place without any, or a file that is none
 */
export function exchangesIn(places: readonly string[]): GatheredExchanges {
  const exchanges: SourcedExchange[] = []
  const notices: string[] = []
  for (const place of places) {
    for (const { file, source } of filesIn(place)) {
      const { exchanges: found, cutLine } = readExchangeFile(file)
      if (cutLine !== undefined) notices.push(cutText(file, cutLine))
      for (const exchange of found) exchanges.push({ source, exchange })
    }
  }
  return { exchanges, notices }
}

export const cutText = (file: string, line: number) =>
  `${file} is cut: line ${line}, the last, is not whole and was left out`

/** @throws ExchangeSourceError */
export function readExchangeFile(file: string): ExchangeLines {
  try {
    return readExchangeLines(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof ExchangeFormatError) {
      throw new ExchangeSourceError(`${file}: ${error.message}`)
    }
    throw new ExchangeSourceError(`${file} cannot be read: ${reason(error)}`)
  }
}

const reason = (error: unknown) => {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'ENOENT' ? 'there is no such file' : message
}

function filesIn(place: string): { readonly file: string; readonly source: string }[] {
  let isFolder: boolean
  try {
    isFolder = statSync(place).isDirectory()
  } catch (error) {
    throw new ExchangeSourceError(`${place} cannot be read: ${reason(error)}`)
  }
  if (!isFolder) return [{ file: place, source: basename(place) }]
  const files = readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile() && one.name.endsWith('exchanges.jsonl'))
    .map((one) => join(one.parentPath, one.name))
    .sort()
  if (files.length === 0) {
    throw new ExchangeSourceError(
      `${place} holds no …exchanges.jsonl; localtop run and localtop matrix write them there`,
    )
  }
  return files.map((file) => ({ file, source: relative(place, file).split(sep).join('/') }))
}

/** How many exchanges are asked for at once. */
const atOnce = 16

/**
 * Reads the journal of a running gateway.
 *
 * @param token the control API's, where the gateway is on another machine
 * @throws ExchangeSourceError where it cannot be reached, or is no LocalTOP
 */
export async function exchangesOf(
  url: string,
  { appKey, token }: { readonly appKey?: string | undefined; readonly token?: string | undefined },
): Promise<GatheredExchanges> {
  const base = url.replace(/\/+$/, '') + controlPath
  const ask = async (path: string): Promise<Record<string, unknown>> => {
    let response: Response
    try {
      response = await fetch(base + path, {
        ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
      })
    } catch (error) {
      const { cause, message } = error as Error
      throw new ExchangeSourceError(
        `${url} cannot be reached: ${cause instanceof Error ? cause.message || String(cause) : message}`,
      )
    }
    const text = await response.text()
    if (!response.ok || !text.startsWith('{')) {
      throw new ExchangeSourceError(
        `${url} has no journal (${response.status}): is it a LocalTOP? ${text.slice(0, 120)}`,
      )
    }
    return JSON.parse(text)
  }
  const query = appKey === undefined ? '' : `?appKey=${encodeURIComponent(appKey)}`
  const { exchanges: listed } = await ask(`/exchanges${query}`)
  if (!Array.isArray(listed)) throw new ExchangeSourceError(`${url} has no journal`)
  const wanted = (listed as { id: string; gate: string | null }[])
    .filter(({ gate }) => gate !== 'signature')
    .map(({ id }) => id)
  const lines: string[] = []
  for (let at = 0; at < wanted.length; at += atOnce) {
    const some = wanted.slice(at, at + atOnce)
    const whole = await Promise.all(some.map((id) => ask(`/exchanges/${id}`)))
    lines.push(...whole.map((one) => JSON.stringify(one)))
  }
  const { exchanges } = readExchangeLines(lines.map((line) => `${line}\n`).join(''))
  return { exchanges: exchanges.map((exchange) => ({ source: 'journal', exchange })), notices: [] }
}
