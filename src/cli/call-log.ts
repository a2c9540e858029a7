import type { LogEvent } from '../server/index.ts'
import { complain, dim, green, print, printJson, red, yellow } from './terminal.ts'

/** How much is printed of each call. */
export type LogKind = 'pretty' | 'json' | 'silent'

/**
 * What a gateway's events are printed by.
 *
 * @param controlUrl where more is told of a call
 * @param worker which of several processes on one port it is; it stands in every line then
 */
export function callLog(
  kind: LogKind,
  controlUrl: () => string,
  worker?: number,
): ((event: LogEvent) => void) | undefined {
  if (kind === 'silent') return undefined
  if (kind === 'json') {
    return worker === undefined ? printJson : (event) => printJson({ ...event, worker })
  }
  const by = worker === undefined ? '' : `${dim(`worker ${worker}`)} `
  return (event) => {
    if (event.event === 'bug')
      return complain(
        `${by}${red('localtop: a mistake of the gateway:')} ${event.message}\n${event.stack}`,
      )
    if (event.event === 'store') return complain(`${by}${yellow('localtop:')} ${event.message}`)
    if (event.event === 'scenario') {
      return event.problem === null
        ? print(
            `${by}${dim('scenario')} ${event.scenario} ${green('read anew')} ${dim(event.file)}`,
          )
        : complain(
            `${by}${red('localtop: the scenario could not be read, the last good one stays:')}\n${event.problem}`,
          )
    }
    const { time, method, appKey, outcome, code, subCode, gate, fault, took, id } = event
    const result =
      outcome === 'refused'
        ? red(`${code}${subCode ? ` ${subCode}` : ''}`) + dim(` at ${gate}`)
        : outcome === 'dropped'
          ? red('dropped')
          : green('ok')
    const onTheWire = fault ? yellow(` ${fault.kind} ${dim(`${fault.hook} the write`)}`) : ''
    print(
      `${by}${dim(time)} ${method ?? '-'} ${dim(appKey ?? '-')} ${result}${onTheWire} ${dim(`${took} ms #${id}`)}`,
    )
    if (event.hint !== undefined) {
      print(
        `  ${yellow(event.hint)}${dim(`; more: localtop explain, or curl -s ${controlUrl()}/exchanges/${id}`)}`,
      )
    }
  }
}
