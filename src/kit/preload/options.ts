/** What a preloaded file is told by the one that loads it. */
export interface PreloadOptions {
  /** Where the proxy is, on 127.0.0.1. */
  readonly port: number
  /** Calls to these domains, and to all below them, go to the proxy. */
  readonly domains: readonly string[]
  /** All calls do that do not stay on this machine. */
  readonly offline: boolean
}

/** Whether a call goes to the proxy. */
export function isTaken(url: URL, { domains, offline }: PreloadOptions): boolean {
  const name = url.hostname.replace(/\.+$/, '')
  if (domains.some((domain) => name === domain || name.endsWith(`.${domain}`))) return true
  return offline && !/^(.*\.)?localhost$|^127\.|^\[::1\]$/.test(name)
}
