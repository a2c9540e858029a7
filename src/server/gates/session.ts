import { type AnyContract, levelOf } from '../../contracts/define-method.ts'
import { assumed, type Behaviour, observed } from '../../contracts/fidelity.ts'
import { type Rejection, reject } from '../../contracts/protocol/errors.ts'
import { parseTime } from '../../contracts/protocol/timestamp.ts'
import type { Received } from '../call.ts'
import type { App, Seller, Session } from '../state/world.ts'

export interface SessionFacts {
  readonly session: Session
  readonly seller: Seller
}

/**
 * Checks every session that is sent, whether the method needs one or not: an unknown, expired,
 * revoked or foreign session is refused, never waved through; so is one whose security level for
 * this method has ended (42).
 */
export function checkSession({
  params,
  world,
  app,
  now,
  contract,
}: Received & { app: App; contract: AnyContract }): SessionFacts | Rejection | undefined {
  const key = params.session
  if (key === undefined)
    return contract.session === 'required' ? reject('missing-session') : undefined
  if (key === '') return reject('invalid-session/session-is-blank')
  const session = world.session(key)
  const seller = session && world.seller(session.seller)
  if (!session || !seller) {
    return reject(
      'invalid-session/invalid-sessionkey',
      {},
      {
        en: 'No seller has given this session.',
        zh: '该 SessionKey 不存在。',
      },
    )
  }
  if (session.app_key !== app.app_key) {
    return reject(
      'invalid-session/sessionkey-not-generated-by-server',
      { appKey: app.app_key, userId: seller.user_id },
      {
        en: `The session was given to another app than ${app.app_key}.`,
        zh: `该 SessionKey 不是授权给应用 ${app.app_key} 的。`,
      },
    )
  }
  if (session.revoked) return reject('invalid-session/session-not-exist')
  if (session.expires !== undefined && (parseTime(session.expires) ?? 0) <= now) {
    return reject(
      'invalid-session/session-expired',
      {},
      {
        en: `The session ended at ${session.expires} (GMT+8). Refresh it or ask the seller to authorise again.`,
        zh: `授权已于 ${session.expires}（GMT+8）到期，请刷新或请卖家重新授权。`,
      },
    )
  }
  const level = levelOf(contract)
  const levelEnds = level && session[`${level}_expires`]
  if (levelEnds !== undefined && (parseTime(levelEnds) ?? 0) <= now) {
    return reject(
      'insufficient-session-permissions',
      {},
      {
        en: `${contract.name} is of level ${level}, which this session had until ${levelEnds} (GMT+8). The session itself lives.`,
        zh: `${contract.name} 的安全级别为 ${level}，该级别的授权已于 ${levelEnds}（GMT+8）到期，SessionKey 本身仍有效。`,
      },
    )
  }
  return { session, seller }
}

/** What the gateway assumes of sessions. */
export const sessionBehaviours: readonly Behaviour[] = [
  {
    name: 'a session that is sent is checked, also where the method needs none',
    ...assumed('a bad session waved through would hide a mistake'),
  },
  {
    name: 'a session whose authorisation was taken back is refused as session-not-exist',
    ...assumed('the sub-codes were logged; which cause gives which was not'),
  },
  {
    name: 'an unknown session is refused as invalid-sessionkey',
    ...assumed('the sub-codes were logged; which cause gives which was not'),
  },
  {
    name: 'a session of another app is refused as sessionkey-not-generated-by-server',
    ...observed('the logged text names the app and the user'),
  },
  {
    name: 'an empty session is refused as session-is-blank, an absent one as 26',
    ...observed('logged payload, file not kept'),
  },
]
