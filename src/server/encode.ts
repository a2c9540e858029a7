import { type AnyContract, rootOf, shapeOfAnswer } from '../contracts/define-method.ts'
import { assumed, type Behaviour, documented } from '../contracts/fidelity.ts'
import { contentTypes, writeError, writeResponse } from '../contracts/protocol/envelope.ts'
import { type ErrorResponse, type Rejection, reject } from '../contracts/protocol/errors.ts'
import { shapeOfPatched } from '../contracts/protocol/merge-patch.ts'
import type { Received } from './call.ts'
import type { Fate } from './traffic/rules.ts'

export type HttpStatusMode = 'always-200' | 'semantic'

/** An answer as it goes out. */
export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
  readonly retryAfter: number | undefined
}

type Answered = Received & {
  readonly contract?: AnyContract
  readonly response?: object
  /** The response was written by somebody, and may hold fields that the contract does not know. */
  readonly isGiven?: boolean
  readonly fate?: Fate
}

/** Turns a verdict into bytes. Never throws: what cannot be written becomes code 15. */
export function encode(
  call: Answered,
  rejection: Rejection | undefined,
  mode: HttpStatusMode,
): Answer {
  if (!rejection) {
    try {
      const contract = call.contract as AnyContract
      const shape = shapeOfAnswer(contract)
      const style = styleOf(call, call.profile.successCode)
      const body = writeResponse(
        rootOf(contract),
        call.response,
        call.isGiven || call.fate?.patches.length ? shapeOfPatched(call.response, shape) : shape,
        style,
      )
      return { status: 200, contentType: contentTypes[style.format], body, retryAfter: undefined }
    } catch {
      return encode(call, reject('remote-service-error/isp.internal-error'), mode)
    }
  }
  const style = styleOf(call, call.profile.errorCode(rejection.name))
  return {
    status: mode === 'semantic' ? statusOf(rejection.error) : 200,
    contentType: contentTypes[style.format],
    body: writeError(rejection.error, style),
    retryAfter: mode === 'semantic' ? rejection.retryAfter : undefined,
  }
}

/** The fault `xml` writes in the format that was not asked for. */
function styleOf<Code>({ format, simplify, requestId, fate }: Answered, code: Code) {
  if (fate?.wire?.kind !== 'xml') return { format, simplify, requestId, code }
  return {
    format: format === 'json' ? ('xml' as const) : ('json' as const),
    simplify: false,
    requestId,
    code,
  }
}

/** The HTTP status that a gateway of today would use; the platform itself always says 200. */
export function statusOf({ code, sub_code }: Pick<ErrorResponse, 'code' | 'sub_code'>): number {
  if (code >= 4 && code <= 8) return 429
  if (code >= 24 && code <= 29) return 401
  if (code >= 11 && code <= 13) return 403
  return code === 10 || sub_code?.startsWith('isp.') ? 503 : 400
}

/** What the HTTP status says. */
export const statusBehaviours: readonly Behaviour[] = [
  {
    name: 'errors come with HTTP 200',
    ...documented('errors are in the response body; official SDKs throw on any other status'),
  },
  {
    name: '--http-status semantic sends 429, 401, 403, 503 or 400 with errors',
    ...assumed('a tool of LocalTOP, not of the platform'),
  },
]
