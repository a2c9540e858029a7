import { argumentBehaviours } from '../contracts/arguments.ts'
import { catalogueBehaviours } from '../contracts/catalogue/compile.ts'
import type { Behaviour, Fidelity } from '../contracts/fidelity.ts'
import { itemArgumentBehaviours } from '../contracts/models/item-arguments.ts'
import { profileBehaviours } from '../contracts/profile.ts'
import { batchBehaviours } from '../contracts/protocol/batch.ts'
import { answerBehaviours } from '../contracts/protocol/envelope.ts'
import { fieldsBehaviours } from '../contracts/protocol/fields.ts'
import { jsonBehaviours } from '../contracts/protocol/json.ts'
import { oauthErrors, oauthFacts } from '../contracts/protocol/oauth.ts'
import { parameterBehaviours } from '../contracts/protocol/parameters.ts'
import { signBehaviours } from '../contracts/protocol/sign.ts'
import { subCodeFamilies } from '../contracts/protocol/sub-code-families.ts'
import { timestampBehaviours } from '../contracts/protocol/timestamp.ts'
import { xmlBehaviours } from '../contracts/protocol/xml.ts'
import { methods } from '../contracts/registry.ts'
import { statusBehaviours } from './encode.ts'
import { errorList } from './error-list.ts'
import { gateTable } from './gates/index.ts'
import { limitBehaviours } from './gates/limits.ts'
import { requestBehaviours } from './gates/request.ts'
import { sessionBehaviours } from './gates/session.ts'
import { itemBehaviours } from './handlers/item.ts'
import { pictureBehaviours } from './handlers/item-pictures.ts'
import { routeBehaviours } from './routes/receive.ts'
import { respondBehaviours } from './routes/respond.ts'
import { idBehaviours } from './state/ids.ts'
import { windowBehaviours } from './traffic/limiter.ts'

/** One behaviour of the gateway, and how sure we are that the platform has it too. */
export interface LedgerEntry extends Fidelity {
  readonly kind: 'gate' | 'error' | 'sub-code' | 'family' | 'default'
  readonly name: string
  /** Of an error: whether something in this gateway causes it. What nothing causes comes on demand only. */
  readonly modelled?: boolean
}

/** What the gateway does where a call says nothing, each declared beside the code that does it. */
const behaviours: readonly Behaviour[] = [
  ...parameterBehaviours,
  ...routeBehaviours,
  ...respondBehaviours,
  ...batchBehaviours,
  ...requestBehaviours,
  ...profileBehaviours,
  ...timestampBehaviours,
  ...signBehaviours,
  ...limitBehaviours,
  ...windowBehaviours,
  ...sessionBehaviours,
  ...argumentBehaviours,
  ...catalogueBehaviours,
  ...fieldsBehaviours,
  ...itemArgumentBehaviours,
  ...itemBehaviours,
  ...pictureBehaviours,
  ...statusBehaviours,
  ...answerBehaviours,
  ...jsonBehaviours,
  ...xmlBehaviours,
  ...idBehaviours,
]

/** Every gate, platform error, sub-code and default behaviour with its label and where it comes from. */
export function fidelityLedger(): LedgerEntry[] {
  const entry = (
    kind: LedgerEntry['kind'],
    name: string,
    { fidelity, source }: Fidelity,
  ): LedgerEntry => ({ kind, name, fidelity, source })
  return [
    ...gateTable().map((gate) => entry('gate', gate.name, gate)),
    ...errorList()
      .filter((error) => error.methods === undefined)
      .map((error) => ({
        ...entry('error', error.subCode ? error.reference : `${error.code} ${error.msg}`, error),
        modelled: error.gate !== null,
      })),
    ...Object.values(methods).flatMap((contract) =>
      Object.entries(contract.errors).map(([name, subCode]) =>
        entry('sub-code', `${contract.name} ${name}`, subCode),
      ),
    ),
    ...subCodeFamilies.map((family) => entry('family', family.form, family)),
    ...behaviours.map((behaviour) => entry('default', behaviour.name, behaviour)),
    ...[...Object.entries(oauthFacts), ...Object.entries(oauthErrors)].map(([name, label]) =>
      entry('default', `oauth: ${name}`, label),
    ),
  ]
}
