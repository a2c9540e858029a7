/** The hosts of the platform that this gateway answers for. */
export const platformHosts = [
  'gw.api.taobao.com',
  'eco.taobao.com',
  'api.taobao.com',
  'gw.api.tbsandbox.com',
  'oauth.taobao.com',
  'oauth.tbsandbox.com',
] as const

/** Where nothing is ever sent: these domains and everything below them. */
export const platformDomains = ['taobao.com', 'tmall.com', 'tbsandbox.com', 'alicdn.com'] as const

/**
 * What happens to a call: the gateway answers it; it is refused because the host is the platform's and
 * the gateway does not answer for it; it stays on this machine; it is somebody else's.
 */
export type HostKind = 'platform' | 'withheld' | 'loopback' | 'other'

/** @param host as a URL or a `Host` header names it, with or without a port */
export function hostKind(host: string): HostKind {
  const name = hostName(host)
  if (platformHosts.some((known) => known === name)) return 'platform'
  if (platformDomains.some((domain) => name === domain || name.endsWith(`.${domain}`)))
    return 'withheld'
  return /^(.*\.)?localhost$|^127(\.\d{1,3}){3}$|^::1$/.test(name) ? 'loopback' : 'other'
}

/** The name alone, in lower case: no port, no brackets, no dot at the end. */
export function hostName(host: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host)
  if (bracketed) return (bracketed[1] ?? '').toLowerCase()
  const plain = host.indexOf(':') === host.lastIndexOf(':') ? host.replace(/:\d*$/, '') : host
  return plain.toLowerCase().replace(/\.+$/, '')
}

/** What a call to a host of the platform is told that the gateway does not answer for. */
export const withheldText = (host: string) =>
  `LocalTOP: ${hostName(host)} is the platform's, and nothing is ever sent there. This gateway answers for ${platformHosts.join(', ')}.\n`

/** What a call to another host is told where none may leave this machine. */
export const offlineText = (host: string) =>
  `LocalTOP: ${hostName(host)} is not on this machine, and --offline lets nothing leave it.\n`
