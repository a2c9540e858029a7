import * as label from '../fidelity.ts'

export type { Fidelity } from '../fidelity.ts'

type Fidelity = label.Fidelity

/** Whether the same call may be sent again: at once with back-off, after the ban, after re-authorising, or not. */
export type Retry = 'no' | 'back-off' | 'after-ban' | 're-authorise'

/** One refusal below a code: its texts on the wire. `{name}` in a text is filled in by {@link reject}. */
export interface ErrorKind extends Fidelity {
  /** Replaces the code's `msg`. */
  readonly msg?: string
  readonly sub_msg?: string
  /** `false` where the platform sends no `sub_code` at all; a text where the kind's name is ours. */
  readonly sub_code?: false | string
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
  /** What a `{name}` in `msg` stands for when the error is forced, not caused. */
  readonly defaults?: Readonly<Record<string, string | number>>
}

const documented = (source = 'official error table') => label.documented(source)
const observed = (source = 'logged payload') => label.observed(source)

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
const legacy = <const K extends Readonly<Record<string, ErrorKind>>>(
  code: number,
  source?: Fidelity,
  kinds?: K,
) => ({
  code,
  // Every legacy code seen on the wire travels with this text, whatever its documented title.
  msg: 'Remote service error',
  retry: 'no' as const,
  ...(source ?? documented('legacy business error table')),
  ...(kinds && { kinds }),
})
const rateFamily = '580 to 582 are documented as the rate family; the names are ours'
const logged = (sub_msg?: string, more: Omit<ErrorKind, keyof Fidelity> = {}): ErrorKind => ({
  ...(sub_msg !== undefined && { sub_msg }),
  ...more,
  ...observed(),
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
      'isv.BUSINESS_LIMIT_CONTROL': logged('触发业务流控'),
      'isv.AMOUNT_NOT_ENOUGH': logged('余额不足'),
      'isv.MOBILE_NUMBER_ILLEGAL': logged('号码格式错误'),
      'isv.SMS_SIGNATURE_ILLEGAL': logged('短信签名不合法'),
      'isv.SMS_TEMPLATE_ILLEGAL': logged('短信模板不合法'),
      'isv.invalid-orderid:NO_DATA': logged('订单数据不存在'),
      'isv.invalid-parameter:user_id_num': logged('用户数字ID不合法，或者不是分销平台用户'),
      'isv.shop-not-exist:invalid-shop': logged('您好，您没有可访问的店铺！'),
      // Sub-codes of newer products are free-form: bare digits among them.
      '2101': logged('操作状态错误'),
      '2401': logged('资源不存在'),
      '30001': logged('非法的物料id'),
      '9100': { retry: 'back-off', ...documented('account-level flow control of taobao.tbk.*') },
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
      // The same sub-code was logged with a second text; the name of this kind is ours.
      'sessionkey-not-created-by-top': {
        sub_code: 'sessionkey-not-generated-by-server',
        sub_msg: 'RealSession don&apos;t create by top ! appKey is : {appKey}',
        defaults: { appKey: '12345678' },
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
    defaults: { parameter: 'fields' },
    ...observed(),
  },
  'invalid-arguments': {
    code: 41,
    msg: 'Invalid arguments:{parameter}',
    retry: 'no',
    defaults: { parameter: 'fields' },
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
      'isv.user-not-exist:invalid-nick': logged('根据用户昵称:{nick}查询不到对应的用户信息', {
        defaults: { nick: 'nonexistent_user' },
      }),
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
  'trade-service-refusal': legacy(520, observed(), {
    'isv.trade-service-rejection': logged('超时请求过多，请将查询时间间隔缩短,3分钟后再查询！'),
  }),
  'item-service-refusal': legacy(530, observed(), {
    'isv.item-listing-service-error:GENERIC_FAILURE': logged('系统错误，请稍后再试:{trace}', {
      defaults: { trace: '20120929-0D2E593A1F416A29' },
    }),
  }),
  'picture-service-refusal': legacy(533, observed(), {
    'isv.pictureServiceClient-service-error:picture category add failed': logged(),
  }),
  'product-service-refusal': legacy(540, observed(), {
    // Named after the service's fault, yet the product exists already: sending it again is no use.
    'isp.product-service-error:null-tmall': logged('本类目此关键属性的产品已存在, 不可重复添加', {
      retry: 'no',
    }),
  }),
  'user-service-unavailable': legacy(550),
  'item-service-unavailable': legacy(551),
  'item-image-service-unavailable': legacy(552),
  'item-simple-update-service-unavailable': legacy(553),
  'item-delete-failure': legacy(554),
  'no-picture-service-for-user': legacy(555),
  'picture-url-is-error': legacy(556),
  'item-media-service-unavailable': legacy(557),
  'trade-service-unavailable': legacy(560, documented('legacy business error table'), {
    'isv.user-not-exist:invalid-nick': logged('根据用户昵称:{nick}查询不到对应的用户信息', {
      defaults: { nick: 'sandbox_c_1' },
    }),
  }),
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
  'rate-service-unavailable': legacy(580, label.assumed(rateFamily)),
  'rate-service-error': legacy(581, label.assumed(rateFamily)),
  'rate-service-refusal': legacy(582, label.assumed(rateFamily)),
  'shop-service-unavailable': legacy(590),
  'shop-showcase-remain-count': legacy(591),
  'user-not-exist': legacy(601),
  'distribution-service-refusal': legacy(670, observed()),
} as const satisfies Record<string, PlatformError>

/** Codes between those of the table of which no source says anything. */
export const unknownCodes = [48, 49, 51, 52] as const

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
