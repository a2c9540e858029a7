import {
  type Explanation,
  type ProgramRun,
  platformDomains,
  statusText,
} from '../../contracts/index.ts'
import type { RunResult } from './run.ts'
import type { HostTraffic } from './traffic.ts'

/** What passed the proxy, and what that proves, in sentences. */
export function trafficNotes(
  { offline, isolated, hosts }: RunResult['traffic'],
  certificate: string,
): string[] {
  const domains = platformDomains.map((domain) => `*.${domain}`).join(', ')
  const leaked = hosts.filter(
    ({ kind, outcome }) => outcome === 'passed' && (kind === 'platform' || kind === 'withheld'),
  )
  const untrusted = hosts.filter(({ outcome }) => outcome === 'untrusted')
  return [
    ...(hosts.length === 0 ? ['Nothing passed the proxy.'] : hosts.map(hostText)),
    leaked.length === 0
      ? `The proxy let nothing through to ${domains}${offline ? ', nor to any other machine' : ''}.`
      : `The proxy let calls through to ${leaked.map(({ host }) => host).join(', ')}: a mistake of LocalTOP.`,
    isolated
      ? 'The program had a network of its own: nothing left it but through the proxy.'
      : 'What a program sends past the proxy is not seen here; --isolate (Linux) makes that impossible.',
    ...(untrusted.length > 0
      ? [
          `${untrusted.map(({ host }) => host).join(', ')}: the program did not accept the proxy's certificate; tell it to trust ${certificate}`,
        ]
      : []),
  ]
}

function hostText({ host, port, as, outcome, count }: HostTraffic): string {
  const what = {
    answered: 'answered by the gateway',
    passed: 'passed on',
    refused: 'refused',
    untrusted: 'given up by the program before a call was sent',
  }[outcome]
  const times = as === 'tunnel' && outcome === 'passed' ? `${count} unread` : String(count)
  return `${host}:${port} ${as === 'tunnel' ? 'tunnel' : as}: ${times} ${what}`
}

/** What to try where no call arrived. */
export const noCallAdvice = (isolated: boolean): Explanation =>
  isolated
    ? {
        en: 'no call arrived: the program made none, or only to hosts that the gateway does not answer for',
        zh: '没有收到任何调用：程序没有发出调用，或只调用了网关不应答的主机。',
      }
    : {
        en: 'no call arrived: the program made none, or takes no proxy from its environment (http.client of Python, file_get_contents of PHP and clients with a proxy setting of their own do not); try --isolate on Linux, where every call to the platform arrives, or let the program take its proxy from HTTPS_PROXY or its URL from TOP_URL',
        zh: '没有收到任何调用：程序没有发出调用，或不从环境变量读取代理（如 Python 的 http.client、PHP 的 file_get_contents）。在 Linux 上可用 --isolate，或让程序从 HTTPS_PROXY 读取代理、从 TOP_URL 读取网关地址。',
      }

/** What a run says, in a sentence. */
export function runSummary(run: ProgramRun): Explanation {
  const { calls, findings } = run.report
  const exit = statusText(run.exit)
  return {
    en: `${exit}; ${calls.total} ${calls.total === 1 ? 'call' : 'calls'}, ${calls.refused} refused; ${findings.length === 0 ? 'nothing found' : `found: ${findings.map(({ id }) => id).join(', ')}`}.`,
    zh: `${exit}；${calls.total} 次调用，${calls.refused} 次被拒绝；${findings.length === 0 ? '未发现问题' : `发现：${findings.map(({ title }) => title.zh).join('、')}`}。`,
  }
}
