import { type Behaviour, documented, observed } from './fidelity.ts'
import type { Format } from './protocol/envelope.ts'
import { type PlatformErrorName, platformErrors } from './protocol/error-table.ts'
import { guideCode } from './protocol/errors.ts'
import { formatRate, type Rate } from './rate.ts'

export const profileNames = ['guide', 'production'] as const
export type ProfileName = (typeof profileNames)[number]

/** Everything in which the two gateways differ, as data. */
export interface Profile {
  readonly name: ProfileName
  /** The format of an answer to a call that names none. */
  readonly defaultFormat: Format
  /** `code` inside a success; the real gateway sends none. */
  readonly successCode: number | undefined
  readonly lowerCaseSign: boolean
  /** Whether the article's order, whole name + value texts sorted, is accepted beside sorting by name. */
  readonly signSortedByPair: boolean
  /** The call limit of an app that sets none of its own. */
  readonly rateLimit: Rate | 'off'
  readonly errorCode: (name: PlatformErrorName) => number | string
}

export const profiles: Readonly<Record<ProfileName, Profile>> = {
  /** The gateway as the guide article describes it. */
  guide: {
    name: 'guide',
    defaultFormat: 'json',
    successCode: 0,
    lowerCaseSign: true,
    signSortedByPair: true,
    rateLimit: { calls: 100, per: 'min' },
    errorCode: guideCode,
  },
  /** The real gateway. */
  production: {
    name: 'production',
    defaultFormat: 'xml',
    successCode: undefined,
    lowerCaseSign: false,
    signSortedByPair: false,
    rateLimit: 'off',
    errorCode: (name) => platformErrors[name].code,
  },
}

/** A profile in one line, for start screens. */
export const describeProfile = (profile: Profile) =>
  `${profile.name}: answers ${profile.defaultFormat} unless asked otherwise, call limit ${formatRate(profile.rateLimit)}`

/** In what the two gateways differ, and why we think so. */
export const profileBehaviours: readonly Behaviour[] = [
  {
    name: 'without format the answer is XML (production) or JSON (guide)',
    ...documented('public parameter table; the guide article for the other'),
  },
  {
    name: 'a success carries no code (production) or code 0 (guide)',
    ...observed('logged payloads; the guide article for the other'),
  },
  {
    name: 'an app may make 100 calls a minute (guide) or any number (production)',
    ...documented('the guide article; real quotas belong to the app and were not found'),
  },
  {
    name: 'the guide gateway also takes lower-case signs and the order by name and value',
    ...documented("the guide article's script signs so"),
  },
]
