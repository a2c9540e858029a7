import type { AnyContract } from '../contracts/define-method.ts'
import { OptionError } from '../contracts/problems.ts'
import type { Profile } from '../contracts/profile.ts'
import type { Explanation } from '../contracts/protocol/errors.ts'
import { isSystemParameter } from '../contracts/protocol/parameters.ts'
import {
  explainSignature,
  type SignatureContext,
  type SignatureExplanation,
  type SignedCall,
} from '../contracts/signature-doctor/explain.ts'
import type { ReadCall } from '../contracts/signature-doctor/sent-call.ts'
import type { Received } from './call.ts'
import type { App, World } from './state/world.ts'
import { maskDiagnosis, type SignatureDiagnosis } from './traffic/diagnosis-mask.ts'

/** What `POST /explain` answers; `notes` says what is odd about the call or could not be known. */
export interface ExplainedCall extends SignatureExplanation {
  readonly notes?: readonly Explanation[]
}

/** What the log adds to a call whose sign is wrong. */
export interface SignatureHint {
  /** Ids of the causes; empty where no single mistake fits. */
  readonly signature: readonly string[]
  readonly hint: string
}

/** The signature doctor with what a gateway knows: secrets, sessions, methods. */
export interface Diagnosis {
  /** @throws OptionError naming what the call lacks: a sign, an app key or a secret */
  explain(call: ReadCall): ExplainedCall
  /** For the journal: worked out once for a call, without secrets, sessions and signs. */
  ofRefused(call: Received): SignatureDiagnosis
  /** For the log; `undefined` where the last one was too short ago. */
  hint(call: Received): SignatureHint | undefined
}

interface DiagnosisDeps {
  readonly worldOf: (appKey: string | undefined) => World
  /** The gateway's own world and those of its tenants. */
  readonly worlds: () => Iterable<World>
  readonly profileOf: (world: World, app: App) => Profile
  readonly findContract: (name: string) => AnyContract | undefined
  /** The real time in milliseconds. */
  readonly wall: () => number
}

/** So many secrets of other apps are tried. */
const mostSecrets = 50

/** At least so long lies between two hints of the log, in milliseconds. */
const shortestPause = 250
/** And so many times what the last one took, so that a load test with bad signs is not slowed. */
const pauseFactor = 20

export function createDiagnosis(deps: DiagnosisDeps): Diagnosis {
  const { worldOf, worlds, profileOf, findContract, wall } = deps
  const known = new WeakMap<Received, SignatureDiagnosis>()
  let quietSince = Number.NEGATIVE_INFINITY
  let pause = 0

  function contextOf(
    world: World,
    app: App | undefined,
    appSecret: string,
    { params }: SignedCall,
    effort: SignatureContext['effort'],
  ): SignatureContext {
    const appKey = params.app_key
    const otherSecrets = new Map<string, string>()
    for (const one of new Set([world, ...worlds()])) {
      for (const other of one.apps().values()) {
        if (otherSecrets.size >= mostSecrets) break
        if (other.app_key !== appKey) otherSecrets.set(other.app_key, other.app_secret)
      }
    }
    const contract = params.method === undefined ? undefined : findContract(params.method)
    // Of an app that nobody here knows, the platform's own rules hold.
    const profile = app && profileOf(world, app)
    return {
      appSecret,
      otherSecrets,
      sessions: sessionsOf(world, appKey),
      knownParameters: contract ? Object.keys(contract.request.shape) : [],
      lenient: (profile?.lowerCaseSign && profile.signSortedByPair) ?? false,
      effort,
    }
  }

  function explainReceived(call: Received, effort: SignatureContext['effort']) {
    const { params, rawBody, world, app } = call
    const signed: SignedCall = {
      params,
      files: Object.entries(call.files ?? {}).map(([name, { fileName, bytes }]) => ({
        name,
        fileName,
        bytes,
      })),
      body: rawBody,
    }
    return explainSignature(signed, contextOf(world, app, app?.app_secret ?? '', signed, effort))
  }

  return {
    explain(call) {
      const { sign, app_key: appKey } = call.params
      if (!sign) {
        const names = Object.keys(call.params).join(', ')
        throw new OptionError(
          `the call has no sign, so there is nothing to explain (the platform answers 24); ${names === '' ? 'it has no parameters at all' : `its parameters are ${names}`}`,
        )
      }
      const world = worldOf(appKey)
      const app = appKey === undefined ? undefined : world.app(appKey)
      const secret = call.appSecret ?? app?.app_secret
      if (secret === undefined) {
        throw new OptionError(
          appKey
            ? `no app has the key "${appKey}" here, so its secret is not known; give it as "appSecret"`
            : 'the call has no app_key, so its secret is not known; give it as "appSecret"',
        )
      }
      const { verdict, ...rest } = explainSignature(
        call,
        contextOf(world, app, secret, call, 'pairs'),
      )
      return { verdict, ...rest, ...(call.notes.length > 0 && { notes: call.notes }) }
    },
    ofRefused(call) {
      const before = known.get(call)
      if (before) return before
      const secrets = [...worlds()].flatMap((world) =>
        [...world.apps().values()].map((app) => app.app_secret),
      )
      const contract = findContract(call.params.method ?? '')
      // Of a method that hands out tokens no parameter of its own may be told.
      const isSecret = contract !== undefined && 'secret' in contract && contract.secret === true
      const diagnosis = maskDiagnosis(explainReceived(call, 'pairs'), {
        params: call.params,
        hidden: isSecret ? Object.keys(call.params).filter((name) => !isSystemParameter(name)) : [],
        secrets: call.app ? [call.app.app_secret, ...secrets] : secrets,
        sessions: sessionsOf(call.world, call.params.app_key),
      })
      known.set(call, diagnosis)
      return diagnosis
    },
    hint(call) {
      const passed = wall() - quietSince
      // A clock that was set back would keep it quiet for long.
      if (passed >= 0 && passed < pause) return undefined
      const started = performance.now()
      const { verdict, causes } = explainReceived(call, 'single')
      quietSince = wall()
      pause = Math.max(shortestPause, (performance.now() - started) * pauseFactor)
      const named = causes.map(({ id, title }) => `${title.en} (${id})`).join('; ')
      return {
        signature: causes.map(({ id }) => id),
        hint: verdict === 'explained' ? named : 'No single known mistake gives this sign',
      }
    },
  }
}

/** The newest sessions of an app first: they are the likeliest to have been mixed up. */
function sessionsOf(world: World, appKey: string | undefined): string[] {
  const sessions: string[] = []
  for (const { session, app_key } of world.sessions().values()) {
    if (app_key === appKey) sessions.push(session)
  }
  return sessions.reverse()
}
