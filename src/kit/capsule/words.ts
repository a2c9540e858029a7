import { explainRule } from '../../contracts/index.ts'
import type { Exchange } from '../../server/index.ts'
import type { CapsuleRequest } from './capsule.ts'
import { readRequest } from './mask-request.ts'
import type { Shrunk } from './shrink.ts'

/** The sequence that was found, a line for each request and each rule. */
export function sequenceInWords({ capsule, played }: Shrunk): string[] {
  const exchanges = new Map(played.exchanges.map((exchange) => [exchange.id, exchange]))
  const width = String(capsule.requests.length).length
  const first = capsule.requests[0]?.at ?? 0
  return [
    ...capsule.scenarios.flatMap(({ title, rules }) =>
      rules.map((rule) => `rule of ${title}: ${explainRule(rule)}`),
    ),
    ...capsule.requests.map((request, at) => {
      const when = `+${((request.at - first) / 1000).toFixed(1)} s`
      return `${String(at + 1).padStart(width)}  ${when.padStart(8)}  ${whatOf(request)}: ${outcomeOf(request, exchanges)}`
    }),
  ]
}

/** A request in words: its method, and what it is about. */
function whatOf({ verb, url, headers, body }: CapsuleRequest): string {
  const { params } = readRequest({
    verb,
    url,
    contentType: headers['content-type'] ?? '',
    body: Buffer.from(
      body?.text ?? body?.base64 ?? '',
      body?.base64 === undefined ? 'utf8' : 'base64',
    ),
  })
  const { method, outer_id, title, num_iid } = params
  const about = [outer_id ?? title, num_iid].filter(Boolean).join(' ')
  return method === undefined
    ? `${verb} ${new URL(url).pathname}`
    : `${method}${about === '' ? '' : ` ${about}`}`
}

function outcomeOf({ answer }: CapsuleRequest, exchanges: ReadonlyMap<string, Exchange>): string {
  if (!answer) return 'sent'
  return answer.exchange
    .split(',')
    .map((id) => exchanges.get(id))
    .map((exchange) => {
      if (!exchange) return 'answered'
      const { outcome, code, subCode, fault } = exchange
      const said =
        outcome === 'refused'
          ? `refused with ${[code, subCode].filter((one) => one !== null).join('/')}`
          : outcome === 'dropped'
            ? 'not carried out'
            : 'answered'
      return fault ? `${said}, on the wire ${fault.kind}` : said
    })
    .join('; ')
}
