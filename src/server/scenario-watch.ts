import { type FSWatcher, readFileSync, watch } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'

/** Tells when files change. */
export interface FileWatcher {
  /** The files to look at, instead of those so far. */
  follow(files: readonly string[]): void
  close(): void
}

/** Editors write in several moves; what they leave after this long counts, in milliseconds. */
const settleMs = 40

/**
 * Watches files by their folders: many editors write another file and rename it into place, so that a
 * watch on the file itself would go on looking at one that is no more. A change that leaves the text as
 * it was is none.
 *
 * @param onChange told the file as it was given to `follow`
 */
export function watchFiles(onChange: (file: string) => void): FileWatcher {
  const folders = new Map<string, FSWatcher>()
  /** By folder and name, as they were given, with the text last seen. */
  const texts = new Map<string, string | undefined>()
  const settling = new Map<string, NodeJS.Timeout>()

  function settle(file: string) {
    clearTimeout(settling.get(file))
    settling.set(
      file,
      setTimeout(() => {
        settling.delete(file)
        const text = textOf(file)
        if (text === texts.get(file)) return
        texts.set(file, text)
        onChange(file)
      }, settleMs).unref(),
    )
  }

  function watchFolder(folder: string): FSWatcher | undefined {
    try {
      const watcher = watch(folder, { persistent: false }, (_, changed) => {
        for (const file of texts.keys()) {
          // Some systems do not say which file it was.
          const isIt = changed === null || changed === basename(file)
          if (isIt && dirname(resolve(file)) === folder) settle(file)
        }
      })
      // A folder that goes away takes its watch along; the rules in force stay.
      watcher.on('error', () => watcher.close())
      return watcher
    } catch {
      return undefined
    }
  }

  return {
    follow(files) {
      for (const file of texts.keys()) if (!files.includes(file)) texts.delete(file)
      for (const file of files) if (!texts.has(file)) texts.set(file, textOf(file))
      const wanted = new Set(files.map((file) => dirname(resolve(file))))
      for (const [folder, watcher] of folders) {
        if (wanted.has(folder)) continue
        watcher.close()
        folders.delete(folder)
      }
      for (const folder of wanted) {
        if (folders.has(folder)) continue
        const watcher = watchFolder(folder)
        if (watcher) folders.set(folder, watcher)
      }
    },
    close() {
      for (const timer of settling.values()) clearTimeout(timer)
      settling.clear()
      for (const watcher of folders.values()) watcher.close()
      folders.clear()
      texts.clear()
    },
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
