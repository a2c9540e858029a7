/** How sure we are that the real platform behaves so, and where we have it from. */
export interface Fidelity {
  readonly fidelity: 'documented' | 'observed' | 'assumed'
  readonly source: string
}

/** Whether the same call may be sent again: at once with back-off, after the ban, after re-authorising, or not. */
export type Retry = 'no' | 'back-off' | 'after-ban' | 're-authorise'

/** One refusal below a code: its texts on the wire. `{name}` in a text is filled in by {@link reject}. */
export interface ErrorKind extends Fidelity {
  /** Replaces the code's `msg`. */
  readonly msg?: string
  readonly sub_msg?: string
  /** `false` where the platform sends no `sub_code` at all, only a `sub_msg`. */
  readonly sub_code?: false
  readonly retry?: Retry
  /** The call may have been carried out although it was refused: ask before sending a write again. */
  readonly unknownOutcome?: true
  /** What a `{name}` in the texts stands for when the error is forced, not caused. */
  readonly defaults?: Readonly<Record<string, string | number>>
}

/** One platform error: a row of {@link platformErrors}. */
export interface PlatformError extends Fidelity {
  readonly code: number
  /** `msg` as it travels: sentence case where it was seen, the documented title elsewhere. */
  readonly msg: string
  readonly retry: Retry
  readonly kinds?: Readonly<Record<string, ErrorKind>>
}

const documented = (source = 'official error table'): Fidelity => ({
  fidelity: 'documented',
  source,
})
const observed = (source = 'logged payload'): Fidelity => ({ fidelity: 'observed', source })
const assumed = (source: string): Fidelity => ({ fidelity: 'assumed', source })

const ban = (scope: string, seconds: number): ErrorKind => ({
  sub_msg: 'This ban will last for {seconds} more seconds',
  defaults: { seconds },
  ...documented(`flow control page: ${scope}`),
})
const isp = (
  sub_msg?: string,
  outcome: { unknownOutcome?: true; retry?: Retry } = {},
): ErrorKind => ({
  ...(sub_msg !== undefined && { sub_msg }),
  ...outcome,
  ...documented('platform sub-code table'),
})
const legacy = (code: number, source?: Fidelity): PlatformError => ({
  code,
  // Every legacy code seen on the wire travels with this text, whatever its documented title.
  msg: 'Remote service error',
  retry: 'no',
  ...(source ?? documented('legacy business error table')),
})

/**
 * THE table of platform errors: one row a code, keyed by its documented name in kebab-case.
 * Rejections, the `guide` profile's error names, scenario checks, the client's retry rules and the
 * reference pages are all read from here.
 */
export const platformErrors = {
  'upload-fail': { code: 3, msg: 'Upload fail', retry: 'no', ...documented('SDK enum of 2008') },
  'user-call-limited': { code: 4, msg: 'User Call Limited', retry: 'after-ban', ...documented() },
  'session-call-limited': {
    code: 5,
    msg: 'Session Call limited',
    retry: 'after-ban',
    ...documented('SDK enum of 2008'),
  },
  'partner-call-limited': {
    code: 6,
    msg: 'Partner Call limited',
    retry: 'after-ban',
    ...documented('SDK enum of 2008'),
  },
  'app-call-limited': {
    code: 7,
    msg: 'App Call Limited',
    retry: 'after-ban',
    ...observed(),
    kinds: {
      'accesscontrol.limited-by-app-access-count': ban('daily total of an app', 31062),
      'accesscontrol.limited-by-api-access-count': ban('one API, all callers', 41),
      'accesscontrol.limited-by-app-api-access-count': ban('one API for one app', 2),
      'accesscontrol.limited-by-dynamic-access-count': ban('dynamic throttle', 1),
    },
  },
  'app-call-exceeds-limited-frequency': {
    code: 8,
    msg: 'App Call Exceeds Limited Frequency',
    retry: 'after-ban',
    ...documented(),
  },
  'http-action-not-allowed': {
    code: 9,
    msg: 'Http action not allowed',
    retry: 'no',
    ...documented('SDK enum of 2008'),
  },
  'service-currently-unavailable': {
    code: 10,
    msg: 'Service currently unavailable',
    retry: 'back-off',
    ...documented('SDK enum of 2008'),
  },
  'insufficient-isv-permissions': {
    code: 11,
    msg: 'Insufficient isv permissions',
    retry: 'no',
    ...observed(),
    kinds: {
      'isv.permission-api-package-limit': {
        sub_msg: 'scope ids is {scopes}',
        defaults: { scopes: '11022 11600 11863' },
        ...observed(),
      },
      'isv.permission-api-package-empty': documented('permission sub-codes'),
      'isv.permission-api-package-not-allowed': documented('permission sub-codes'),
      'isv.permission-ip-whitelist-limit': {
        sub_msg:
          'The appkey {appKey} is only allowed to call from {allowed} but your ip is {address}',
        defaults: { appKey: '12345678', allowed: '198.51.100.*', address: '203.0.113.9' },
        ...observed(),
      },
      'isv.permission-api-widget-only-limit': documented('permission sub-codes'),
    },
  },
  'insufficient-user-permissions': {
    code: 12,
    msg: 'Insufficient user permissions',
    retry: 'no',
    ...documented('SDK enum of 2008'),
  },
  'insufficient-partner-permissions': {
    code: 13,
    msg: 'Insufficient partner permissions',
    retry: 'no',
    ...documented('SDK enum of 2008'),
  },
  'remote-service-error': {
    code: 15,
    msg: 'Remote service error',
    retry: 'no',
    ...observed(),
    kinds: {
      'isp.remote-service-error': isp(),
      'isp.remote-service-timeout': isp('API调用服务超时', { unknownOutcome: true }),
      'isp.remote-connection-error': isp('API调用远程连接错误'),
      'isp.top-remote-connection-timeout': isp(undefined, { unknownOutcome: true }),
      'isp.top-remote-connection-error': isp(),
      'isp.top-remote-service-unavailable': isp(),
      'isp.top-remote-unknown-error': isp(undefined, { unknownOutcome: true }),
      'isp.top-remote-connection-control-error': isp(),
      'isp.item-service-unavailable': isp(),
      'isp.item-update-service-error:GENERIC_FAILURE': isp(),
      'isp.item-update-service-error:IC_SYSTEM_NOT_READY_TRY_AGAIN_LATER': isp(),
      'isp.unknown-error': isp(undefined, { unknownOutcome: true }),
      'isp.call-limited': isp(),
      'isp.internal-error': isp(),
      'isp.service-error': isp(),
      'isp.null-pointer-exception': isp(undefined, { retry: 'no' }),
      'isp.top-parse-error': isp(undefined, { retry: 'no' }),
      'isp.top-mapping-parse-error': isp(undefined, { retry: 'no' }),
      'isp.runtime-max-limit': isp(undefined, { retry: 'no' }),
    },
  },
  'missing-method': {
    code: 21,
    msg: 'Missing method',
    retry: 'no',
    ...observed(),
    kinds: {
      'missing-method': {
        sub_code: false,
        sub_msg: 'http传入的参数加入method字段',
        ...observed(),
      },
    },
  },
  'invalid-method': { code: 22, msg: 'Invalid method', retry: 'no', ...observed() },
  'invalid-format': {
    code: 23,
    msg: 'Invalid format',
    retry: 'no',
    ...documented('SDK enum of 2008'),
  },
  'missing-signature': {
    code: 24,
    msg: 'Missing signature',
    retry: 'no',
    ...documented('SDK enum of 2008'),
  },
  'invalid-signature': { code: 25, msg: 'Invalid signature', retry: 'no', ...observed() },
  'missing-session': { code: 26, msg: 'Missing session', retry: 're-authorise', ...observed() },
  'invalid-session': {
    code: 27,
    msg: 'Invalid session',
    retry: 're-authorise',
    ...observed(),
    kinds: {
      'session-expired': { msg: 'Invalid session:session-expired', ...observed() },
      'session-not-exist': { msg: 'Invalid session:session-not-exist', ...observed() },
      'session-is-blank': {
        msg: 'Invalid session:session-is-blank',
        ...observed('logged payload, file not kept'),
      },
      'invalid-sessionkey': { sub_msg: 'SessionKey非法', ...observed() },
      'sessionkey-not-generated-by-server': {
        // The entity is on the wire, in JSON too.
        sub_msg:
          'RealSession don&apos;t belong app and user ! appKey is : {appKey} , user id is : {userId}',
        defaults: { appKey: '12345678', userId: '100000001' },
        ...observed(),
      },
      INVALID_PARAMS: {
        sub_msg: 'INVALID_PARAMS:invalid AccessToken : {token}',
        defaults: { token: '***' },
        ...observed(),
      },
    },
  },
  'missing-app-key': { code: 28, msg: 'Missing app key', retry: 'no', ...observed() },
  'invalid-app-key': {
    code: 29,
    msg: 'Invalid app Key',
    retry: 'no',
    ...observed(),
    kinds: { 'isv.appkey-not-exists': observed() },
  },
  'missing-timestamp': {
    code: 30,
    msg: 'Missing timestamp',
    retry: 'no',
    ...documented('SDK enum of 2008'),
  },
  'invalid-timestamp': {
    code: 31,
    msg: 'Invalid timestamp',
    retry: 'no',
    ...documented('SDK enum of 2008'),
  },
  'missing-version': {
    code: 32,
    msg: 'Missing version',
    retry: 'no',
    ...documented('SDK enum of 2008'),
  },
  'invalid-version': {
    code: 33,
    msg: 'Invalid version',
    retry: 'no',
    ...documented('SDK enum of 2008'),
  },
  'unsupported-version': { code: 34, msg: 'Unsupported version', retry: 'no', ...documented() },
  'missing-required-arguments': {
    code: 40,
    msg: 'Missing required arguments:{parameter}',
    retry: 'no',
    ...observed(),
  },
  'invalid-arguments': {
    code: 41,
    msg: 'Invalid arguments:{parameter}',
    retry: 'no',
    ...observed(),
  },
  'insufficient-session-permissions': {
    code: 42,
    msg: 'Insufficient session permissions',
    retry: 're-authorise',
    ...documented(),
  },
  'parameter-error': { code: 43, msg: 'Parameter error', retry: 'no', ...documented() },
  'invalid-access-token': {
    code: 44,
    msg: 'Invalid access token',
    retry: 're-authorise',
    ...documented(),
  },
  'invalid-encoding': { code: 47, msg: 'Invalid encoding', retry: 'no', ...documented() },
  'business-error': {
    code: 50,
    msg: 'Remote service error',
    retry: 'no',
    ...observed(),
    kinds: {
      'isv.invalid-parameter': { sub_msg: '非法参数', ...documented('documentation sample') },
    },
  },
  'insufficient-security-level': {
    code: 53,
    msg: 'Insufficient security level',
    retry: 'no',
    ...documented(),
  },
  'your-statement-is-not-indexable': legacy(501),
  'data-service-unavailable': legacy(502),
  'error-while-parsing-tbql-statement': legacy(503),
  'need-binding-user': legacy(504),
  'missing-parameters': legacy(505),
  'parameters-error': legacy(506),
  'parameters-format-error': legacy(507),
  'no-permission-get-information': legacy(508),
  'trade-service-refusal': legacy(520, observed()),
  'item-service-refusal': legacy(530, observed()),
  'picture-service-refusal': legacy(533, observed()),
  'product-service-refusal': legacy(540, observed()),
  'user-service-unavailable': legacy(550),
  'item-service-unavailable': legacy(551),
  'item-image-service-unavailable': legacy(552),
  'item-simple-update-service-unavailable': legacy(553),
  'item-delete-failure': legacy(554),
  'no-picture-service-for-user': legacy(555),
  'picture-url-is-error': legacy(556),
  'item-media-service-unavailable': legacy(557),
  'trade-service-unavailable': legacy(560),
  'trade-tc-service-unavailable': legacy(561),
  'trade-not-exists': legacy(562),
  'trade-is-invalid': legacy(563),
  'no-permission-add-or-update-trade-memo': legacy(564),
  'trade-memo-too-long': legacy(565),
  'trade-memo-already-exists': legacy(566),
  'no-permission-add-or-update-trade': legacy(567),
  'no-detail-order': legacy(568),
  'close-trade-error': legacy(569),
  'shipping-service-unavailable': legacy(570),
  'invalid-post-fee': legacy(571),
  'invalid-division-code': legacy(572),
  'rate-service-unavailable': legacy(580, assumed('580 to 582 are documented as the rate family')),
  'shop-service-unavailable': legacy(590),
  'shop-showcase-remain-count': legacy(591),
  'user-not-exist': legacy(601),
  'distribution-service-refusal': legacy(670, observed()),
} as const satisfies Record<string, PlatformError>

export type PlatformErrorName = keyof typeof platformErrors

type KindsOf<N extends PlatformErrorName> = (typeof platformErrors)[N] extends {
  readonly kinds: infer K
}
  ? keyof K & string
  : never

/** `invalid-signature`, or with a kind below it `invalid-session/session-expired`. */
export type PlatformErrorRef = {
  [N in PlatformErrorName]: N | `${N}/${KindsOf<N>}`
}[PlatformErrorName]

/** What stands in `error_response`; `request_id` is added when the answer is written. */
export interface ErrorResponse {
  readonly code: number
  readonly msg: string
  readonly sub_code?: string
  readonly sub_msg?: string
}

/** A text for the people who read journals and explanations, never for the wire. */
export interface Explanation {
  readonly en: string
  readonly zh: string
}

/** A refusal as a value: gates and handlers return it, only the encoder turns it into bytes. */
export class Rejection {
  readonly name: PlatformErrorName
  readonly error: ErrorResponse
  /** What came and what was expected, for the journal. */
  readonly detail: Explanation | undefined
  /** Seconds after which the call may be repeated, where the platform names them. */
  readonly retryAfter: number | undefined

  constructor(
    name: PlatformErrorName,
    error: ErrorResponse,
    detail?: Explanation,
    retryAfter?: number,
  ) {
    this.name = name
    this.error = error
    this.detail = detail
    this.retryAfter = retryAfter
  }
}

type Fill = Readonly<Record<string, string | number>>

/**
 * Builds a refusal from the table.
 *
 * @example
 * reject('invalid-session/session-expired')
 * reject('missing-required-arguments', { parameter: 'title' })
 */
export function reject(ref: PlatformErrorRef, fill: Fill = {}, detail?: Explanation): Rejection {
  const slash = ref.indexOf('/')
  const name = (slash < 0 ? ref : ref.slice(0, slash)) as PlatformErrorName
  return rejectWith(name, slash < 0 ? undefined : ref.slice(slash + 1), fill, detail)
}

/** A business refusal (code 15) with a sub-code that a contract declares. */
export function rejectBusiness(subCode: string, subMsg?: string, detail?: Explanation): Rejection {
  return new Rejection(
    'remote-service-error',
    {
      code: platformErrors['remote-service-error'].code,
      msg: platformErrors['remote-service-error'].msg,
      sub_code: subCode,
      ...(subMsg !== undefined && subMsg !== '' && { sub_msg: subMsg }),
    },
    detail,
  )
}

function rejectWith(
  name: PlatformErrorName,
  subCode: string | undefined,
  fill: Fill,
  detail?: Explanation,
): Rejection {
  const row: PlatformError = platformErrors[name]
  // A code with one kind that bears the code's own name always travels with that kind's texts.
  const kind = kindIn(row, subCode ?? name)
  const values = { ...kind?.defaults, ...fill }
  const text = (template: string) =>
    template.replaceAll(/\{(\w+)\}/g, (hole, key: string) => String(values[key] ?? hole))
  const seconds = values.seconds
  return new Rejection(
    name,
    {
      code: row.code,
      msg: text(kind?.msg ?? row.msg),
      ...(subCode !== undefined && kind?.sub_code !== false && { sub_code: subCode }),
      ...(kind?.sub_msg !== undefined && { sub_msg: text(kind.sub_msg) }),
    },
    detail,
    typeof seconds === 'number' ? seconds : undefined,
  )
}

const nameByCode = new Map<number, PlatformErrorName>(
  Object.entries(platformErrors).map(([name, row]) => [row.code, name as PlatformErrorName]),
)

/** A row's own kind: names such as `constructor` are none, whatever objects inherit. */
const kindIn = (row: PlatformError | undefined, name: string): ErrorKind | undefined =>
  row?.kinds && Object.hasOwn(row.kinds, name) ? row.kinds[name] : undefined

/** Codes whose `sub_code` comes from the service behind the gateway, so any may appear. */
const isBusiness = (code: number) => code === 15 || code === 50 || code > 100

/**
 * Finds an error as people write it: `27/session-expired`, `invalid-session/session-expired`, `25`,
 * `429` (the call limit), `isp.remote-service-timeout` (a sub-code alone is code 15).
 *
 * @returns the refusal, or a sentence that says what is wrong with the reference
 */
export function findError(reference: string, fill: Fill = {}): Rejection | string {
  const [head = '', ...tail] = reference.trim().split('/')
  if (tail.length === 0 && /^is[vp]\./.test(head)) return namedSubCode(head, fill)
  const name =
    head === '429'
      ? 'app-call-limited'
      : /^\d+$/.test(head)
        ? nameByCode.get(Number(head))
        : Object.hasOwn(platformErrors, head)
          ? (head as PlatformErrorName)
          : undefined
  if (name === undefined) {
    return `"${reference}" is no platform error; expected a code such as 27, a name such as invalid-session, or either with a sub-code, as in 27/session-expired`
  }
  const row: PlatformError = platformErrors[name]
  const subCode =
    tail.length > 0 ? tail.join('/') : head === '429' ? Object.keys(row.kinds ?? {})[0] : undefined
  if (subCode !== undefined && !kindIn(row, subCode) && !isBusiness(row.code)) {
    const known = Object.keys(row.kinds ?? {}).filter((kind) => kind !== name)
    return `"${subCode}" is no sub-code of ${row.code} ${row.msg}; ${known.length > 0 ? `known are ${known.join(', ')}` : 'it has none'}`
  }
  return subCode !== undefined && !kindIn(row, subCode)
    ? new Rejection(name, { code: row.code, msg: row.msg, sub_code: subCode })
    : rejectWith(name, subCode, { parameter: 'fields', ...fill })
}

function namedSubCode(subCode: string, fill: Fill): Rejection {
  for (const [name, row] of Object.entries(platformErrors) as [
    PlatformErrorName,
    PlatformError,
  ][]) {
    if (kindIn(row, subCode)) return rejectWith(name, subCode, fill)
  }
  return rejectBusiness(subCode)
}

/** The name of an error by its `code` on the wire, in either profile's spelling. */
export function errorNameOfWire(code: number | string): PlatformErrorName | undefined {
  if (code === 429 || code === '429') return 'app-call-limited'
  if (code === 'missing_parameter') return 'missing-required-arguments'
  if (/^\d+$/.test(String(code))) return nameByCode.get(Number(code))
  const name = String(code).replaceAll('_', '-')
  return Object.hasOwn(platformErrors, name) ? (name as PlatformErrorName) : undefined
}

/** The row's kind that an error on the wire belongs to, if the table lists it. */
export function kindOf(code: number | string, subCode: string | undefined): ErrorKind | undefined {
  if (subCode === undefined) return undefined
  const name = errorNameOfWire(code)
  const own: PlatformError | undefined = name && platformErrors[name]
  // Services answer the platform's isp.* sub-codes under codes of their own, as 520 and 530.
  const service: PlatformError = platformErrors['remote-service-error']
  return kindIn(own, subCode) ?? (subCode.startsWith('isp.') ? kindIn(service, subCode) : undefined)
}

/**
 * The `code` that the `guide` profile sends: the article knows `429`, `invalid_session` and
 * `missing_parameter`; any other is the documented name in snake_case.
 */
export function guideCode(name: PlatformErrorName): number | string {
  const { code } = platformErrors[name]
  if (code >= 4 && code <= 8) return 429
  if (code === 40) return 'missing_parameter'
  return name.replaceAll('-', '_')
}
