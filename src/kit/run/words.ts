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
): Explanation[] {
  const domains = platformDomains.map((domain) => `*.${domain}`).join(', ')
  const leaked = hosts.filter(
    ({ kind, outcome }) => outcome === 'passed' && (kind === 'platform' || kind === 'withheld'),
  )
  const named = (some: readonly HostTraffic[]) => some.map(({ host }) => host).join(', ')
  const untrusted = hosts.filter(({ outcome }) => outcome === 'untrusted')
  return [
    ...(hosts.length === 0
      ? [{ en: 'Nothing passed the proxy.', zh: '代理没有收到任何请求。' }]
      : hosts.map(hostText)),
    leaked.length === 0
      ? {
          en: `The proxy let nothing through to ${domains}${offline ? ', nor to any other machine' : ''}.`,
          zh: `代理没有放行任何发往 ${domains}${offline ? ' 或其他机器' : ''} 的请求。`,
        }
      : {
          en: `The proxy let calls through to ${named(leaked)}: a mistake of LocalTOP.`,
          zh: `代理放行了发往 ${named(leaked)} 的调用：这是 LocalTOP 的错误。`,
        },
    isolated
      ? {
          en: 'The program had a network of its own: nothing left it but through the proxy.',
          zh: '程序在独立的网络中运行：除代理外没有任何出口。',
        }
      : {
          en: 'What a program sends past the proxy is not seen here; --isolate (Linux) makes that impossible.',
          zh: '程序绕过代理发出的请求在此看不到；--isolate（Linux）可杜绝这种情况。',
        },
    ...(untrusted.length > 0
      ? [
          {
            en: `${named(untrusted)}: the program did not accept the proxy's certificate; tell it to trust ${certificate}`,
            zh: `${named(untrusted)}：程序不接受代理的证书，请让它信任 ${certificate}`,
          },
        ]
      : []),
  ]
}

const outcomes: Readonly<Record<HostTraffic['outcome'], Explanation>> = {
  answered: { en: 'answered by the gateway', zh: '由网关应答' },
  passed: { en: 'passed on', zh: '放行' },
  refused: { en: 'refused', zh: '被拒绝' },
  untrusted: {
    en: 'given up by the program before a call was sent',
    zh: '程序在发出调用前放弃',
  },
}

function hostText({ host, port, as, outcome, count }: HostTraffic): Explanation {
  const what = outcomes[outcome]
  const isUnread = as === 'tunnel' && outcome === 'passed'
  return {
    en: `${host}:${port} ${as}: ${count}${isUnread ? ' unread' : ''} ${what.en}`,
    zh: `${host}:${port} ${as}：${count} 次${isUnread ? '（内容未读）' : ''}${what.zh}`,
  }
}

/** What to try where no call arrived. */
export const noCallAdvice = (isolated: boolean): Explanation =>
  isolated
    ? {
        en: 'no call arrived: the program made none, or only to hosts that the gateway does not answer for.',
        zh: '没有收到任何调用：程序没有发出调用，或只调用了网关不应答的主机。',
      }
    : {
        en: 'no call arrived: the program made none, or takes no proxy from its environment (http.client of Python, file_get_contents of PHP and clients with a proxy setting of their own do not); try --isolate on Linux, where every call to the platform arrives, or let the program take its proxy from HTTPS_PROXY or its URL from TOP_URL.',
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
