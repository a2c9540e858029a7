import { type ProfileName, signMethods } from '../../contracts/index.ts'
import { picture } from './base-call.ts'
import type {
  Carrier,
  ContractCase,
  Expected,
  ExpectedAnswer,
  ExpectedRefusal,
  PlannedCall,
  PlannedTime,
} from './case.ts'

/** Needs no session and no parameters. */
const time = 'taobao.time.get'
/** Needs a session and a parameter, and changes nothing. */
const seller = 'taobao.user.seller.get'
const sellerFields = { fields: 'user_id,nick' }

const answered: ExpectedAnswer = { outcome: 'answer', method: time }
const sellerAnswered: ExpectedAnswer = {
  outcome: 'answer',
  method: seller,
  present: ['user.nick'],
}
const refused = (...error: ExpectedRefusal['error']): ExpectedRefusal => ({
  outcome: 'refusal',
  error,
})
const refusedWithoutApp = (...error: ExpectedRefusal['error']): ExpectedRefusal => ({
  ...refused(...error),
  withoutApp: true,
})

type Row = readonly [
  id: string,
  title: string,
  call: PlannedCall,
  expect: Expected,
  more?: Partial<ContractCase>,
]

const assumed = { assumed: true } as const

/** Every case asks with a method that only reads: the protocol is the same for all. */
export function protocolCases(profile: ProfileName): ContractCase[] {
  const sections = {
    transport: transportRows(),
    system: systemRows(profile),
    sign: signRows(profile),
    timestamp: timestampRows(),
    format: formatRows(profile),
    parameters: parameterRows(),
    batch: batchRows(),
    order: orderRows(),
  }
  return Object.entries(sections).flatMap(([section, rows]) =>
    rows.map(([id, title, call, expect, more]) => ({
      id: `protocol/${section}/${id}`,
      title: `${section}: ${title}`,
      kind: 'protocol' as const,
      method: undefined,
      writes: false,
      assumed: false,
      needs: usesSession(call) ? (['session'] as const) : [],
      steps: [{ call, expect }],
      ...more,
    })),
  )
}

const usesSession = ({ method, batch, session = 'own' }: PlannedCall) =>
  session === 'own' && (method === seller || batch?.some((one) => one.method === seller))

const carriers: readonly (readonly [Carrier, string])[] = [
  ['form', 'a form in the body'],
  ['query', 'the query'],
  ['query-and-form', 'system parameters in the query and business parameters in the body'],
  ['multipart-java', 'multipart as the Java SDK writes it'],
  ['multipart-php', 'multipart as the PHP SDK writes it'],
  ['multipart-node', 'multipart as the Node SDK writes it'],
]

function transportRows(): Row[] {
  return [
    ...carriers.map(
      ([carrier, words]): Row => [
        carrier,
        `a POST with ${words} is answered`,
        { method: seller, params: sellerFields, carrier },
        sellerAnswered,
      ],
    ),
    ['get', 'a GET is answered', { method: time, verb: 'GET', carrier: 'query' }, answered],
    [
      'put',
      'PUT is refused as 9',
      { method: time, verb: 'PUT' },
      refused('http-action-not-allowed'),
      assumed,
    ],
    [
      'gbk',
      'bytes that are no UTF-8 are refused as 47',
      { method: time, raw: 'q=%D6%D0%CE%C4' },
      refused('invalid-encoding'),
    ],
    [
      'gzip',
      'an answer in gzip can be read where it is asked for',
      { method: time, headers: { 'accept-encoding': 'gzip' } },
      answered,
    ],
    [
      'request-id',
      'every answer has a request_id of its own',
      { method: time },
      answered,
      {
        steps: [
          { call: { method: time }, expect: answered, keep: { first: 'request_id' } },
          { call: { method: time }, expect: { ...answered, differs: { request_id: '{{first}}' } } },
        ],
      },
    ],
    [
      'clock',
      "the gateway's time is the caller's",
      { method: time },
      { ...answered, now: ['time'] },
    ],
  ]
}

function systemRows(profile: ProfileName): Row[] {
  const without = (name: string) => ({ method: time, system: { [name]: null } })
  return [
    ['method-missing', 'without method the answer is 21', {}, refused('missing-method')],
    [
      'method-unknown',
      'an unknown method is refused as 22',
      { method: 'taobao.localtop.no.such.method.get' },
      refused('invalid-method'),
    ],
    [
      'app-key-missing',
      'without app_key the answer is 28',
      without('app_key'),
      refusedWithoutApp('missing-app-key'),
    ],
    [
      'app-key-unknown',
      'an unknown app_key is refused as 29',
      { method: time, system: { app_key: '1' } },
      refusedWithoutApp('invalid-app-key'),
    ],
    ['version-missing', 'without v the answer is 32', without('v'), refused('missing-version')],
    [
      'version-other',
      'a v that is not 2.0 is refused as 33 or 34',
      { method: time, system: { v: '1.0' } },
      refused('unsupported-version', 'invalid-version'),
    ],
    [
      'version-none',
      'a v that is no version is refused as 33 or 34',
      { method: time, system: { v: 'two' } },
      refused('unsupported-version', 'invalid-version'),
    ],
    [
      'refusal-in-xml',
      'a refusal in XML has the same parts',
      { method: seller, params: sellerFields, session: 'none', system: { format: 'xml' } },
      { ...refused('missing-session'), format: 'xml' },
    ],
    [
      'refusal-by-default',
      `without format a refusal is ${profile === 'guide' ? 'JSON' : 'XML'}`,
      { method: seller, params: sellerFields, session: 'none', system: { format: null } },
      { ...refused('missing-session'), format: profile === 'guide' ? 'json' : 'xml' },
    ],
  ]
}

function signRows(profile: ProfileName): Row[] {
  const wrong = refused('invalid-signature')
  const params = sellerFields
  return [
    [
      'missing',
      'without sign the answer is 24',
      { method: time, sign: { absent: true } },
      refused('missing-signature'),
    ],
    [
      'wrong',
      'a sign that is none is refused as 25',
      { method: time, sign: { text: '0'.repeat(32) } },
      wrong,
    ],
    ...signMethods.flatMap((signMethod): Row[] => [
      [
        signMethod,
        `a sign by ${signMethod} is accepted`,
        { method: seller, params, signMethod },
        sellerAnswered,
      ],
      [
        `${signMethod}-secret`,
        `a sign by ${signMethod} with another secret is refused as 25`,
        { method: time, signMethod, sign: { otherSecret: true } },
        wrong,
      ],
    ]),
    [
      'no-method',
      'without sign_method a sign by md5 is accepted',
      { method: time, system: { sign_method: null } },
      answered,
    ],
    [
      'other-method',
      'a sign by md5 where hmac is declared is refused as 25',
      { method: time, signMethod: 'hmac', sign: { by: 'md5' } },
      wrong,
    ],
    [
      'parameter-added',
      'a parameter in the body that is not signed is refused as 25',
      { method: seller, params, sign: { without: ['fields'] }, carrier: 'query-and-form' },
      wrong,
    ],
    [
      'parameter-changed',
      'a parameter changed after signing is refused as 25',
      { method: seller, params, sign: { over: { fields: 'nick' } } },
      wrong,
    ],
    [
      'query-changed',
      'a parameter of the query changed after signing is refused as 25',
      { method: seller, params, sign: { over: { fields: 'nick' } }, carrier: 'query' },
      wrong,
    ],
    [
      'part-changed',
      'a part of multipart changed after signing is refused as 25',
      { method: seller, params, sign: { over: { fields: 'nick' } }, carrier: 'multipart-node' },
      wrong,
    ],
    [
      'system-changed',
      'a system parameter that is not signed is refused as 25',
      { method: time, system: { partner_id: 'top-sdk' }, sign: { without: ['partner_id'] } },
      wrong,
    ],
    profile === 'guide'
      ? [
          'lower-case',
          'a sign in lower case is accepted',
          { method: time, sign: { lowerCase: true } },
          answered,
        ]
      : [
          'lower-case',
          'a sign in lower case is refused as 25',
          { method: time, sign: { lowerCase: true } },
          wrong,
          assumed,
        ],
    [
      'empty',
      'a parameter with an empty value is signed as its name',
      { method: time, params: { memo: '' } },
      answered,
    ],
    [
      'empty-skipped',
      'a sign that skips an empty value is refused as 25',
      { method: time, params: { memo: '' }, sign: { without: ['memo'] } },
      wrong,
    ],
    ['file', 'a file is not signed', { method: time, files: { attachment: picture } }, answered],
    [
      'byte-order',
      'names are sorted by their characters, capitals first',
      { method: time, params: { Zone: '1', alpha: '2', _under: '3' } },
      answered,
    ],
    ['utf8', 'Chinese is signed as UTF-8', { method: time, params: { 备注: '围巾' } }, answered],
  ]
}

function timestampRows(): Row[] {
  const at = (time_: PlannedTime): PlannedCall => ({ method: time, time: time_ })
  const off = (offset: number) => at({ offset, form: 'text' })
  const bad = refused('invalid-timestamp')
  // A quarter of a minute for the way there.
  const [inside, outside] = [585, 615]
  return [
    [
      'missing',
      'without timestamp the answer is 30',
      { method: time, system: { timestamp: null } },
      refused('missing-timestamp'),
    ],
    ['none', 'a timestamp that is none is refused as 31', at({ text: 'now' }), bad],
    ['iso', 'a timestamp with T and Z is refused as 31', at({ text: '2026-01-01T00:00:00Z' }), bad],
    [
      'milliseconds',
      'epoch milliseconds are accepted',
      at({ offset: 0, form: 'milliseconds' }),
      answered,
    ],
    ['seconds', 'epoch seconds are accepted', at({ offset: 0, form: 'seconds' }), answered],
    ['old', 'ten minutes and a quarter old is refused as 31', off(-outside), bad],
    ['future', 'ten minutes and a quarter ahead is refused as 31', off(outside), bad],
    ['still-good', 'not quite ten minutes old is accepted', off(-inside), answered],
    ['not-yet', 'not quite ten minutes ahead is accepted', off(inside), answered],
    ['utc', 'the time of UTC, eight hours behind, is refused as 31', off(-8 * 3600), bad],
    [
      'old-milliseconds',
      'epoch milliseconds of an hour ago are refused as 31',
      at({ offset: -3600, form: 'milliseconds' }),
      bad,
    ],
    [
      'old-seconds',
      'epoch seconds of an hour ago are refused as 31',
      at({ offset: -3600, form: 'seconds' }),
      bad,
    ],
  ]
}

function formatRows(profile: ProfileName): Row[] {
  const standard = profile === 'guide' ? 'json' : 'xml'
  const shaped = (
    format: string | null,
    expect: Partial<ExpectedAnswer>,
    more = {},
  ): Row[2 | 3][] => [
    { method: seller, params: sellerFields, system: { format, ...more } },
    { ...sellerAnswered, ...expect },
  ]
  const row = (
    id: string,
    title: string,
    [call, expect]: Row[2 | 3][],
    more: Partial<ContractCase> = {},
  ): Row => [id, title, call as PlannedCall, expect as Expected, more]
  return [
    row('json', 'json answers JSON', shaped('json', {})),
    row('xml', 'xml answers XML', shaped('xml', { format: 'xml' })),
    row('absent', `without format the answer is ${standard}`, shaped(null, { format: standard })),
    [
      'bad',
      'an unknown format is refused as 23',
      { method: time, system: { format: 'yaml' } },
      { ...refused('invalid-format'), format: standard },
    ],
    row(
      'simplify',
      'simplify=true takes the root away',
      shaped('json', { simplify: true }, { simplify: 'true' }),
    ),
    row('simplify-1', 'simplify=1 changes nothing', shaped('json', {}, { simplify: '1' })),
    row(
      'simplify-xml',
      'simplify changes nothing about XML',
      shaped('xml', { format: 'xml' }, { simplify: 'true' }),
      assumed,
    ),
    [
      'simplify-refusal',
      'simplify leaves refusals as they are',
      { method: seller, params: sellerFields, session: 'none', system: { simplify: 'true' } },
      refused('missing-session'),
    ],
  ]
}

function parameterRows(): Row[] {
  return [
    [
      'unknown',
      'a parameter that the method does not know is accepted',
      { method: time, params: { no_such_parameter: '1' } },
      answered,
    ],
    [
      'repeated',
      'of a repeated parameter the first counts',
      { method: time, params: { memo: '1' }, raw: 'memo=2' },
      answered,
      assumed,
    ],
    [
      'escaped',
      'blanks, plus, percent, ampersand and equals arrive as they are',
      { method: time, params: { memo: 'a b+c%d&e=f' } },
      answered,
    ],
    [
      'line-breaks',
      'line breaks in multipart arrive as they are',
      { method: time, params: { memo: 'one\ntwo\r\nthree' }, carrier: 'multipart-java' },
      answered,
    ],
    [
      'partner',
      'partner_id of SDKs is accepted',
      { method: time, system: { partner_id: 'top-sdk-java-20260101' } },
      answered,
    ],
    ...(['multipart-java', 'multipart-php', 'multipart-node'] as const).map(
      (carrier): Row => [
        `file-${carrier}`,
        `a file in ${carrier} is told from the texts beside it`,
        { method: seller, params: sellerFields, files: { attachment: picture }, carrier },
        sellerAnswered,
      ],
    ),
  ]
}

function batchRows(): Row[] {
  const both: PlannedCall = {
    batch: [{ method: time }, { method: seller, params: sellerFields }],
  }
  const answers: Expected = { outcome: 'batch', answers: [answered, sellerAnswered] }
  return [
    ['order', 'a batch answers its calls in their order', both, answers],
    [
      'public',
      'parameters of the #PUBLIC# part belong to every call',
      { params: sellerFields, batch: [{ method: seller }, { method: seller }] },
      { outcome: 'batch', answers: [sellerAnswered, sellerAnswered] },
    ],
    [
      'separator',
      'top-api-separator separates calls and answers',
      { ...both, separator: '-localtop-' },
      { ...answers, separator: '-localtop-' },
    ],
    [
      'one-refused',
      'a refused call of a batch leaves the others alone',
      {
        batch: [{ method: seller }, { method: time }, { method: 'taobao.localtop.no.such.get' }],
      },
      {
        outcome: 'batch',
        answers: [
          { ...refused('missing-required-arguments'), parameter: 'fields' },
          answered,
          refused('invalid-method'),
        ],
      },
    ],
    [
      'sign',
      'a batch with a wrong sign is refused as a whole, as 25',
      { ...both, sign: { otherSecret: true } },
      refused('invalid-signature'),
    ],
    [
      'body',
      'a batch whose body is not signed is refused as 25',
      { ...both, sign: { without: ['#body'] } },
      refused('invalid-signature'),
    ],
  ]
}

function orderRows(): Row[] {
  const rows: Row[] = [
    [
      'method-first',
      'method before app_key: 21',
      { system: { app_key: null } },
      refusedWithoutApp('missing-method'),
    ],
    [
      'app-before-time',
      'app_key before timestamp: 29',
      { method: time, system: { app_key: '1', timestamp: null } },
      refusedWithoutApp('invalid-app-key'),
    ],
    [
      'time-before-sign',
      'timestamp before sign: 31',
      { method: time, time: { text: 'now' }, sign: { absent: true } },
      refused('invalid-timestamp'),
    ],
    [
      'sign-before-method',
      'sign before the unknown method: 25',
      { method: 'taobao.localtop.no.such.method.get', sign: { otherSecret: true } },
      refused('invalid-signature'),
    ],
    [
      'sign-before-session',
      'sign before session: 25',
      { method: seller, params: sellerFields, session: 'none', sign: { otherSecret: true } },
      refused('invalid-signature'),
    ],
  ]
  return rows.map(([id, title, call, expect]) => [id, title, call, expect, assumed])
}
