import { Presets, SingleBar } from 'cli-progress'

/**
 * A bar on stderr; `undefined` where that is no terminal, because in a log a bar is noise.
 *
 * @param format as cli-progress reads it
 */
export function progressBar(format: string): SingleBar | undefined {
  if (!process.stderr.isTTY) return undefined
  return new SingleBar(
    { format, stream: process.stderr, hideCursor: true, clearOnComplete: true },
    Presets.shades_classic,
  )
}
