import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { formatTime, type ProfileName, parseTimestamp, sign } from '../../src/contracts/index.ts'
import { contractCases, runContractSuite } from '../../src/kit/index.ts'
import { createGateway } from '../../src/server/index.ts'
import {
  type Fetch,
  faulty,
  type Params,
  rewritten,
  type SeenCall,
} from '../support/faulty-gateway.ts'

type Fault = (call: SeenCall) => Promise<Response>

/** One fault, and the cases that must find it: those whose id matches. */
interface Mutant {
  readonly fault: Fault
  readonly by: RegExp
  readonly profile?: ProfileName
}

// --- what is wrong with answers ---

const answers =
  (change: (text: string, call: SeenCall) => string | Uint8Array<ArrayBuffer>): Fault =>
  async (call) =>
    rewritten(await call.pass(), (text) => change(text, call))
const headers =
  (more: Params): Fault =>
  async (call) =>
    rewritten(await call.pass(), (text) => text, { headers: more })
const isRefusal = (text: string) => text.includes('error_response')
/** Answers changed as JSON values. */
const values = (change: (value: Value, call: SeenCall) => unknown): Fault =>
  answers((text, call) =>
    text.startsWith('{') && !call.isBatch ? JSON.stringify(change(JSON.parse(text), call)) : text,
  )
type Value = Record<string, Record<string, unknown>>
/** Every value below the root by its name. */
const each = (change: (name: string, value: unknown) => unknown): Fault =>
  answers((text, call) =>
    text.startsWith('{') && !call.isBatch
      ? JSON.stringify(JSON.parse(text, (name, value) => change(name, value)))
      : text,
  )
const inRefusals = (change: (error: Record<string, unknown>, call: SeenCall) => unknown): Fault =>
  values((value, call) =>
    value.error_response ? { error_response: change(value.error_response, call) } : value,
  )
const without = (error: Record<string, unknown>, name: string) => {
  const { [name]: _, ...rest } = error
  return rest
}

// --- what is wrong with what is asked ---

/** The gateway sees other parameters than those that were sent, rightly signed if they were. */
const asks =
  (change: (params: Params, call: SeenCall) => Params | undefined): Fault =>
  (call) =>
    call.again((params) => change(params, call))
/** The same for one method. */
const of = (
  method: string,
  change: (params: Params, call: SeenCall) => Params | undefined,
): Fault => asks((params, call) => (call.method === method ? change(params, call) : undefined))
/** A sign that the gateway takes for right whatever it is. */
const anySign = (when: (call: SeenCall) => boolean): Fault =>
  asks((params, call) => {
    const { sign: given, ...rest } = params
    if (given === undefined || !when(call)) return undefined
    return { ...rest, sign: sign(rest, call.secret, signMethod(rest)) }
  })
const signMethod = ({ sign_method }: Params) =>
  (['md5', 'hmac', 'hmac-sha256'] as const).find((one) => one === sign_method) ?? 'md5'
const refused = (call: SeenCall, code: number, msg: string) =>
  rewritten(
    new Response('', { headers: { 'content-type': 'text/javascript;charset=UTF-8' } }),
    () =>
      call.params.format === 'xml'
        ? `<?xml version="1.0" encoding="utf-8" ?><error_response><code>${code}</code><msg>${msg}</msg><request_id>x</request_id></error_response>`
        : `{"error_response":{"code":${code},"msg":"${msg}","request_id":"x"}}`,
  )
const refuses =
  (when: (call: SeenCall) => boolean, code: number, msg: string): Fault =>
  async (call) =>
    when(call) ? refused(call, code, msg) : call.pass()

const timed = (change: (moment: number, now: number, text: string) => number | undefined): Fault =>
  asks((params) => {
    const moment = parseTimestamp(params.timestamp ?? '')
    if (moment === undefined) return undefined
    const now = Date.now()
    const other = change(moment, now, params.timestamp ?? '')
    return other === undefined ? undefined : { ...params, timestamp: formatTime(other) }
  })
const tooOld = 660_000

const isMultipart = ({ request }: SeenCall) =>
  /^multipart/.test(request.headers.get('content-type') ?? '')
const body = async ({ request }: SeenCall) => Buffer.from(await request.clone().arrayBuffer())
const with_ = (request: Request, sent: Uint8Array<ArrayBuffer> | string, more: Params = {}) =>
  new Request(request.url, {
    method: request.method,
    headers: { ...Object.fromEntries(request.headers), ...more },
    body: sent,
  })
/** The gateway sees another request. */
const requests =
  (change: (call: SeenCall) => Promise<Request | undefined>) =>
  (gateway: Fetch): Fault =>
  async (call) => {
    const other = await change(call)
    return other ? gateway(other) : call.pass()
  }

const batchBody = (change: (body: string) => string): Fault =>
  answers((text, call) => (call.isBatch ? change(text) : text))

const separator = '\r\n-S-\r\n'

const m = (by: RegExp, fault: Fault, profile?: ProfileName): Mutant => ({
  by,
  fault,
  ...(profile && { profile }),
})

const mutants: Readonly<Record<string, Mutant>> = {
  // The envelope
  'the root keeps the vendor': m(
    /\/call\/json$/,
    answers((text) => text.replace(/^\{"(\w+_response)"/, '{"taobao_$1"')),
  ),
  'the root is always called response': m(
    /\/call\/json$/,
    answers((text) => (isRefusal(text) ? text : text.replace(/^\{"\w+_response"/, '{"response"'))),
  ),
  "one method's root is another's": m(
    /user\.seller\.get\/call\/json$/,
    answers((text) => text.replace('user_seller_get_response', 'user_get_response')),
  ),
  'XML has another root than JSON': m(
    /\/call\/xml$/,
    answers((text) => text.replaceAll('item_seller_get_response>', 'item_get_response>')),
  ),
  'a second key stands beside the root': m(
    /protocol\/format\/json/,
    values((value) => ({ ...value, success: true })),
  ),
  'answers lack request_id': m(
    /\/call\/json$/,
    values((value) =>
      Object.fromEntries(
        Object.entries(value).map(([root, inner]) => [
          root,
          root === 'error_response' ? inner : without(inner, 'request_id'),
        ]),
      ),
    ),
  ),
  'refusals lack request_id': m(
    /\/required\//,
    inRefusals((error) => without(error, 'request_id')),
  ),
  'request_id is a number': m(
    /\/call\/json$/,
    each((name, value) => (name === 'request_id' ? 7 : value)),
  ),
  'request_id is always the same': m(
    /request-id/,
    each((name, value) => (name === 'request_id' ? 'x' : value)),
  ),
  'an answer of the production gateway carries code 0': m(
    /\/call\/json$/,
    values((value) =>
      Object.fromEntries(
        Object.entries(value).map(([root, inner]) => [
          root,
          root === 'error_response' ? inner : { ...inner, code: 0 },
        ]),
      ),
    ),
  ),
  'an answer of the guide gateway carries no code': m(
    /\/call\/json$/,
    values((value) =>
      Object.fromEntries(
        Object.entries(value).map(([root, inner]) => [
          root,
          root === 'error_response' ? inner : without(inner, 'code'),
        ]),
      ),
    ),
    'guide',
  ),
  'JSON is indented': m(
    /\/call\/json$/,
    answers((text, call) =>
      text.startsWith('{') && !call.isBatch ? JSON.stringify(JSON.parse(text), null, 2) : text,
    ),
  ),
  'a byte order mark stands in front': m(
    /\/call\/json$/,
    answers((text) => `\uFEFF${text}`),
  ),
  'JSON is wrapped as JSONP': m(
    /\/call\/json$/,
    answers((text) => (text.startsWith('{') ? `callback(${text})` : text)),
  ),
  // HTTP
  'refusals come with HTTP 400': m(/\/required\//, async (call) => {
    const response = await call.pass()
    const text = await response.clone().text()
    return isRefusal(text) ? rewritten(response, () => text, { status: 400 }) : response
  }),
  'answers come with HTTP 201': m(/\/call\/json$/, async (call) =>
    rewritten(await call.pass(), (text) => text, { status: 201 }),
  ),
  'answers are in GBK': m(
    /user\.seller\.get\/call\/json/,
    answers((text) =>
      Uint8Array.from(Buffer.from(text.replaceAll(/\p{Script=Han}/gu, '\u00d6\u00d0'), 'latin1')),
    ),
  ),
  'the charset is not named': m(/\/call\/json$/, headers({ 'content-type': 'text/javascript' })),
  'answers are text/html': m(
    /\/call\/json$/,
    headers({ 'content-type': 'text/html;charset=UTF-8' }),
  ),
  'XML is sent as JSON': m(
    /\/call\/xml$/,
    headers({ 'content-type': 'text/javascript;charset=UTF-8' }),
  ),
  'answers are always in gzip': m(/\/call\/json$/, async (call) => {
    const response = await call.pass()
    return new Response(gzipSync(await response.text()) as Uint8Array<ArrayBuffer>, {
      headers: { ...Object.fromEntries(response.headers), 'content-encoding': 'gzip' },
    })
  }),
  'a GET is refused': m(
    /transport\/get$/,
    refuses(({ request }) => request.method === 'GET', 9, 'Http Action Not Allowed'),
  ),
  'PUT is answered': m(/transport\/put$/, (call) =>
    call.request.method === 'PUT' ? call.again((params) => params) : call.pass(),
  ),
  // Refusals
  'code is a text': m(
    /\/required\//,
    inRefusals((error) => ({ ...error, code: String(error.code) })),
  ),
  "codes are the guide's names in production": m(
    /\/required\//,
    inRefusals((error) => ({
      ...error,
      code: error.code === 40 ? 'missing_parameter' : error.code,
    })),
  ),
  "codes are the platform's numbers in the guide profile": m(
    /\/required\//,
    inRefusals((error) => ({
      ...error,
      code: error.code === 'missing_parameter' ? 40 : error.code,
    })),
    'guide',
  ),
  'a missing parameter is 41': m(
    /\/required\//,
    inRefusals((error) => ({ ...error, code: error.code === 40 ? 41 : error.code })),
  ),
  'a wrong parameter is 40': m(
    /\/types\//,
    inRefusals((error) => ({ ...error, code: error.code === 41 ? 40 : error.code })),
  ),
  'a missing parameter is not named': m(
    /\/required\//,
    inRefusals((error) => ({
      ...error,
      msg: String(error.msg).replace(/(Missing required arguments):.*/, '$1'),
    })),
  ),
  'another parameter is named': m(
    /\/required\//,
    inRefusals((error) => ({
      ...error,
      msg: String(error.msg).replace(/(Missing required arguments:).*/, '$1fields_'),
    })),
  ),
  'a wrong parameter is not named': m(
    /\/types\//,
    inRefusals((error) => ({
      ...error,
      msg: String(error.msg).replace(/(Invalid arguments):.*/, '$1'),
    })),
  ),
  'messages are in Chinese': m(
    /session\/absent$/,
    inRefusals((error) => ({ ...error, msg: '缺少参数' })),
  ),
  'business refusals lack their sub_code': m(
    /delete\/state\/final/,
    inRefusals((error) => without(error, 'sub_code')),
  ),
  'a refusal comes as an answer': m(
    /\/required\//,
    values((value) => (value.error_response ? { result_response: value.error_response } : value)),
  ),
  'a missing session is 27': m(
    /session\/absent$/,
    inRefusals((error) =>
      error.code === 26
        ? { ...error, code: 27, msg: 'Invalid session', sub_code: 'invalid-sessionkey' }
        : error,
    ),
  ),
  'a bad session is 26': m(
    /session\/unknown$/,
    inRefusals((error) =>
      error.code === 27 ? { code: 26, msg: 'Missing session', request_id: 'x' } : error,
    ),
  ),
  // Types
  'identifiers are texts': m(
    /\/call\/json$/,
    each((name, value) => (name === 'num_iid' ? String(value) : value)),
  ),
  'prices are numbers': m(
    /seller\.get\/call\/json$/,
    each((name, value) => (name === 'price' ? Number(value) : value)),
  ),
  'prices have one decimal': m(
    /seller\.get\/call\/json$/,
    each((name, value) => (name === 'price' ? String(Number(value)) : value)),
  ),
  'numbers are texts': m(
    /seller\.get\/call\/json$/,
    each((name, value) => (name === 'num' ? String(value) : value)),
  ),
  'booleans are texts': m(
    /fields\/all$/,
    each((_, value) => (typeof value === 'boolean' ? String(value) : value)),
  ),
  'booleans are 0 and 1': m(
    /fields\/all$/,
    each((_, value) => (typeof value === 'boolean' ? Number(value) : value)),
  ),
  'dates are ISO': m(
    /\/call\/json$/,
    each((_, value) =>
      typeof value === 'string' && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(value)
        ? `${value.replace(' ', 'T')}Z`
        : value,
    ),
  ),
  'dates are epoch numbers': m(
    /time\.get\/call\/json$/,
    each((name, value) => (name === 'time' ? Date.parse(String(value)) : value)),
  ),
  'absent fields are null': m(
    /fields\/all$/,
    each((name, value) =>
      name === 'item' && !Array.isArray(value) ? { ...(value as object), video_id: null } : value,
    ),
  ),
  // Lists
  'lists have no element name': m(
    /onsale\.get\/call\/json$/,
    each((name, value) => (name === 'items' ? (value as { item: unknown }).item : value)),
  ),
  "a list's elements have the list's name": m(
    /onsale\.get\/call\/json$/,
    each((name, value) =>
      name === 'items' ? { items: (value as { item: unknown }).item } : value,
    ),
  ),
  'a list of one is no list': m(
    /onsale\.get\/call\/json$/,
    each((name, value) =>
      name === 'item' && Array.isArray(value) && value.length === 1 ? value[0] : value,
    ),
  ),
  'an empty list is answered': m(
    /state\/(to-inventory|final)/,
    values((value) => {
      const inner = Object.values(value)[0]
      return inner && 'total_results' in inner && !('items' in inner)
        ? { [Object.keys(value)[0] as string]: { ...inner, items: { item: [] } } }
        : value
    }),
  ),
  'total_results is left out': m(
    /onsale\.get\/call\/json$/,
    values((value) =>
      Object.fromEntries(
        Object.entries(value).map(([root, inner]) => [root, without(inner, 'total_results')]),
      ),
    ),
  ),
  'XML lists are not marked': m(
    /onsale\.get\/call\/xml$/,
    answers((text) => text.replaceAll(' list="true"', '')),
  ),
  "XML elements have the list's name": m(
    /onsale\.get\/call\/xml$/,
    answers((text) => text.replaceAll('<item>', '<items>').replaceAll('</item>', '</items>')),
  ),
  'XML is not escaped': m(
    /state\/texts$/,
    answers((text) => text.replaceAll('&lt;', '<').replaceAll('&amp;', '&')),
  ),
  'XML escapes twice': m(
    /state\/texts$/,
    answers((text) => text.replaceAll('&amp;', '&amp;amp;')),
  ),
  // Format
  'format=xml answers JSON': m(
    /format\/xml$/,
    asks((params) => (params.format === 'xml' ? { ...params, format: 'json' } : undefined)),
  ),
  'without format the answer is JSON in production': m(
    /format\/absent$/,
    asks((params) => (params.format === undefined ? { ...params, format: 'json' } : undefined)),
  ),
  'without format the answer is XML in the guide profile': m(
    /format\/absent$/,
    asks((params) => (params.format === undefined ? { ...params, format: 'xml' } : undefined)),
    'guide',
  ),
  'an unknown format answers JSON': m(
    /format\/bad$/,
    asks((params) => (params.format === 'yaml' ? { ...params, format: 'json' } : undefined)),
  ),
  'simplify is ignored': m(
    /call\/simplify$/,
    asks(({ simplify: _, ...params }) => params),
  ),
  'simplify=1 counts': m(
    /format\/simplify-1$/,
    asks((params) => (params.simplify === '1' ? { ...params, simplify: 'true' } : undefined)),
  ),
  'simplify keeps the inner keys of lists': m(
    /onsale\.get\/call\/simplify$/,
    values((value, call) =>
      call.params.simplify === 'true' && Array.isArray(value.items)
        ? { ...value, items: { item: value.items } }
        : value,
    ),
  ),
  'simplify takes the root of refusals away': m(
    /format\/simplify-refusal$/,
    values((value, call) =>
      call.params.simplify === 'true' ? (value.error_response ?? value) : value,
    ),
  ),
  // Arguments
  'a required parameter may be missing': m(
    /add\/required\/title$/,
    of('taobao.item.add', (params) =>
      params.title === undefined ? { ...params, title: 'x' } : undefined,
    ),
  ),
  'wrong types are ignored': m(
    /add\/types\/num$/,
    of('taobao.item.add', (params) =>
      params.num === 'not-a-value' ? { ...params, num: '1' } : undefined,
    ),
  ),
  'a wrong boolean is false': m(
    /types\/has_discount$/,
    of('taobao.items.onsale.get', (params) =>
      params.has_discount === 'not-a-value' ? { ...params, has_discount: 'false' } : undefined,
    ),
  ),
  'a limit is not enforced': m(
    /add\/limits\/title/,
    of('taobao.item.add', (params) => ({ ...params, title: (params.title ?? '').slice(0, 120) })),
  ),
  'a limit is one too low': m(
    /add\/limits\/title\/.*inside$/,
    of('taobao.item.add', (params) =>
      params.title?.length === 120 ? { ...params, title: `${params.title}x` } : undefined,
    ),
  ),
  'a limit is one too high': m(
    /onsale\.get\/limits\/page_size.*outside$/,
    of('taobao.items.onsale.get', (params) =>
      params.page_size === '201' ? { ...params, page_size: '200' } : undefined,
    ),
  ),
  'the smallest value is refused': m(
    /onsale\.get\/limits\/page_size.*inside$/,
    of('taobao.items.onsale.get', (params) =>
      params.page_size === '1' ? { ...params, page_size: '0' } : undefined,
    ),
  ),
  'an unknown parameter is refused': m(
    /parameters\/unknown$/,
    refuses(
      ({ params }) => params.no_such_parameter !== undefined,
      41,
      'Invalid arguments:no_such_parameter',
    ),
  ),
  'of repeated parameters the last counts': m(/parameters\/repeated$/, async (call) =>
    new URLSearchParams(await call.request.clone().text()).getAll('memo').length > 1
      ? refused(call, 25, 'Invalid signature')
      : call.pass(),
  ),
  // Signatures
  'signs are not verified': m(
    /sign\/wrong$/,
    anySign(() => true),
  ),
  'a missing sign is accepted': m(
    /sign\/missing$/,
    asks(({ sign: given, ...params }, call) =>
      given === undefined
        ? { ...params, sign: sign(params, call.secret, signMethod(params)) }
        : undefined,
    ),
  ),
  'a sign in lower case is accepted in production': m(
    /sign\/lower-case$/,
    anySign(({ params }) => /[a-f]/.test(params.sign ?? '')),
  ),
  'a sign in lower case is refused in the guide profile': m(
    /sign\/lower-case$/,
    refuses(({ params }) => /[a-f]/.test(params.sign ?? ''), 25, 'Invalid signature'),
    'guide',
  ),
  'only md5 is known': m(
    /sign\/hmac$/,
    refuses(({ params }) => params.sign_method === 'hmac', 25, 'Invalid signature'),
  ),
  'hmac-sha256 is not known': m(
    /sign\/hmac-sha256$/,
    refuses(({ params }) => params.sign_method === 'hmac-sha256', 25, 'Invalid signature'),
  ),
  'hmac takes any sign': m(
    /sign\/hmac-secret$/,
    anySign(({ params }) => params.sign_method === 'hmac'),
  ),
  'parameters of the body are not signed': m(
    /sign\/parameter-(added|changed)$/,
    anySign(({ params }) => params.fields !== undefined),
  ),
  'system parameters are not signed': m(
    /sign\/system-changed$/,
    anySign(({ params }) => params.partner_id !== undefined),
  ),
  'empty values are skipped in the sign': m(
    /sign\/empty$/,
    refuses(({ params }) => params.memo === '', 25, 'Invalid signature'),
  ),
  'a sign that skips empty values is accepted': m(
    /sign\/empty-skipped$/,
    anySign(({ params }) => params.memo === ''),
  ),
  'files are signed': m(/sign\/file$/, async (call) =>
    isMultipart(call) && (await body(call)).includes('filename=')
      ? refused(call, 25, 'Invalid signature')
      : call.pass(),
  ),
  'names are sorted without regard to case': m(
    /sign\/byte-order$/,
    refuses(({ params }) => params.Zone !== undefined, 25, 'Invalid signature'),
  ),
  // Timestamps
  'timestamps are ignored': m(
    /timestamp\/old$/,
    timed((_, now) => now),
  ),
  'a missing timestamp is accepted': m(
    /timestamp\/missing$/,
    asks((params) =>
      params.timestamp === undefined ? { ...params, timestamp: formatTime(Date.now()) } : undefined,
    ),
  ),
  'the window is an hour': m(
    /timestamp\/old$/,
    timed((moment, now) => (Math.abs(moment - now) < 3_600_000 ? now : undefined)),
  ),
  'the window is five minutes': m(
    /timestamp\/still-good$/,
    timed((moment, now) => (Math.abs(moment - now) > 300_000 ? now - tooOld : undefined)),
  ),
  'the future is not looked at': m(
    /timestamp\/future$/,
    timed((moment, now) => (moment > now ? now : undefined)),
  ),
  'only the text form is known': m(
    /timestamp\/(milliseconds|seconds)$/,
    timed((_, now, text) => (/^\d+$/.test(text) ? now - tooOld : undefined)),
  ),
  'epoch seconds are not known': m(
    /timestamp\/seconds$/,
    timed((_, now, text) => (/^\d{10}$/.test(text) ? now - tooOld : undefined)),
  ),
  'epoch numbers are not judged': m(
    /timestamp\/old-(milliseconds|seconds)$/,
    timed((_, now, text) => (/^\d+$/.test(text) ? now : undefined)),
  ),
  'timestamps are read as UTC': m(
    /timestamp\/utc$/,
    timed((moment, now) => (Math.abs(moment + 28_800_000 - now) < tooOld ? now : undefined)),
  ),
  // Sessions
  'sessions are ignored': m(
    /session\/unknown$/,
    asks((params, { sessions }) =>
      'session' in params ? { ...params, session: sessions.own } : undefined,
    ),
  ),
  'a missing session is accepted': m(
    /session\/absent$/,
    asks((params, { sessions }) =>
      'session' in params ? undefined : { ...params, session: sessions.own },
    ),
  ),
  'an ended session is accepted': m(
    /session\/expired$/,
    asks((params, { sessions }) =>
      params.session === sessions.expired ? { ...params, session: sessions.own } : undefined,
    ),
  ),
  "another app's session is accepted": m(
    /session\/foreign$/,
    asks((params, { sessions }) =>
      params.session === sessions.foreign ? { ...params, session: sessions.own } : undefined,
    ),
  ),
  'an empty session counts as none': m(
    /session\/empty$/,
    asks(({ session, ...params }) => (session === '' ? params : undefined)),
  ),
  'a method without a session demands one': m(
    /time\.get\/session\/absent$/,
    refuses(
      ({ params, method }) => method === 'taobao.time.get' && params.session === undefined,
      26,
      'Missing session',
    ),
  ),
  "another seller's items can be read": m(
    /state\/foreign-item$/,
    of('taobao.item.seller.get', (params, { sessions }) =>
      params.session === sessions.neighbour ? { ...params, session: sessions.own } : undefined,
    ),
  ),
  // System parameters
  'v is not looked at': m(
    /version-other$/,
    asks((params) => (params.v === '1.0' ? { ...params, v: '2.0' } : undefined)),
  ),
  'an unknown method is answered': m(
    /method-unknown$/,
    asks((params) =>
      params.method?.startsWith('taobao.localtop.')
        ? { ...params, method: 'taobao.time.get' }
        : undefined,
    ),
  ),
  'an unknown app is 28': m(
    /app-key-unknown$/,
    inRefusals((error) =>
      error.code === 29 || error.code === 'invalid_app_key'
        ? { ...error, code: 28, msg: 'Missing app key' }
        : error,
    ),
  ),
  'bytes that are no UTF-8 are accepted': m(
    /transport\/gbk$/,
    asks((params) => (params.q?.includes('\uFFFD') ? (without(params, 'q') as Params) : undefined)),
  ),
  'the gateway lives in UTC': m(
    /transport\/clock$/,
    values((value, call) =>
      call.method === 'taobao.time.get' && value.time_get_response
        ? {
            time_get_response: {
              ...value.time_get_response,
              time: formatTime(Date.now() - 28_800_000),
            },
          }
        : value,
    ),
  ),
  'arguments are checked before the sign': m(
    /order\/sign-before-arguments$/,
    of('taobao.item.add', (params, call) =>
      params.type === undefined
        ? { ...params, sign: sign(without(params, 'sign') as Params, call.secret, 'md5') }
        : undefined,
    ),
  ),
  'sessions are checked before the sign': m(
    /protocol\/order\/sign-before-session$/,
    refuses(
      ({ params, method }) => method === 'taobao.user.seller.get' && params.session === undefined,
      26,
      'Missing session',
    ),
  ),
  // Fields
  'fields is ignored': m(
    /seller\.get\/fields\/json$/,
    of('taobao.item.seller.get', (params) => ({
      ...params,
      fields: 'num_iid,title,price,num,nick,cid',
    })),
  ),
  'fields is ignored in lists': m(
    /onsale\.get\/fields\/json$/,
    of('taobao.items.onsale.get', (params) => ({
      ...params,
      fields: `${params.fields},nick,modified`,
    })),
  ),
  'only num_iid is ever answered': m(
    /fields\/json$/,
    of('taobao.item.seller.get', (params) => ({ ...params, fields: 'modified' })),
  ),
  // State
  'an update overwrites what was not sent': m(
    /update\/state\/price-only$/,
    of('taobao.item.update', (params) => ({ desc: '-', ...params })),
  ),
  'an update of the title resets the price': m(
    /update\/state\/title-only$/,
    of('taobao.item.update', (params) => ({ price: '1.00', ...params })),
  ),
  'an update is forgotten': m(
    /update\/state\/price-only$/,
    of('taobao.item.update', ({ price: _, title: __, ...params }) => params),
  ),
  'a refused update changes the title': m(/update\/state\/refused$/, async (call) => {
    if (call.params.price === 'much')
      await call.call('taobao.item.update', { num_iid: call.params.num_iid ?? '', title: 'x' })
    return call.pass()
  }),
  'delete forgets nothing': m(/delete\/state\/final$/, async (call) =>
    call.method === 'taobao.item.delete'
      ? rewritten(
          await call.again((params) => ({ ...params, method: 'taobao.item.update' })),
          (text) => text.replaceAll('item_update_response', 'item_delete_response'),
        )
      : call.pass(),
  ),
  'delete takes the oldest item': m(/delete\/state\/(one|final)$/, async (call) =>
    call.method === 'taobao.item.delete'
      ? call
          .again((params) => {
            const id = Number(params.num_iid)
            return id > 1e11 ? { ...params, num_iid: String(id - 1) } : params
          })
          .then((response) =>
            rewritten(response, (text) =>
              text.replace(/"num_iid":\d+/, `"num_iid":${call.params.num_iid}`),
            ),
          )
      : call.pass(),
  ),
  'increments replace': m(
    /quantity\.update\/state\/incremental$/,
    of('taobao.item.quantity.update', (params) => ({ ...params, type: '1' })),
  ),
  'without type a quantity is added': m(
    /quantity\.update\/state\/full$/,
    of('taobao.item.quantity.update', (params) => ({ type: '2', ...params })),
  ),
  'a stock falls to zero instead of being refused': m(
    /quantity\.update\/state\/below-zero$/,
    of('taobao.item.quantity.update', (params) =>
      Number(params.quantity) < 0 ? { ...params, quantity: '0', type: '1' } : undefined,
    ),
  ),
  'delisting changes nothing': m(/delisting\/state\//, async (call) =>
    call.method === 'taobao.item.update.delisting'
      ? call
          .again((params) => ({ ...params, method: 'taobao.item.update' }))
          .then((response) =>
            rewritten(response, (text) =>
              text.replaceAll('item_update_response', 'item_update_delisting_response'),
            ),
          )
      : call.pass(),
  ),
  'listing ignores num': m(
    /delisting\/state\//,
    of('taobao.item.update.listing', (params) =>
      params.num === '7' ? { ...params, num: '9' } : undefined,
    ),
  ),
  'approve_status is ignored': m(
    /add\/state\/instock$/,
    of('taobao.item.add', ({ approve_status: _, ...params }) => params),
  ),
  'outer_id is found by its beginning only': m(
    /custom\.get\/state\//,
    of('taobao.items.custom.get', (params) =>
      params.outer_id?.startsWith('new-')
        ? { ...params, outer_id: params.outer_id.slice(4) }
        : undefined,
    ),
  ),
  'items.custom.get finds nothing': m(
    /custom\.get\/state\//,
    of('taobao.items.custom.get', (params) => ({ ...params, outer_id: 'nothing' })),
  ),
  'pages begin at 0': m(
    /get\/state\/pages$/,
    of('taobao.items.onsale.get', (params) => ({
      ...params,
      page_no: String(Number(params.page_no ?? '1') + 1),
    })),
  ),
  'every page is the first': m(
    /get\/state\/pages$/,
    of('taobao.items.inventory.get', ({ page_no, ...params }) =>
      /^\d$/.test(page_no ?? '')
        ? params
        : { ...params, ...(page_no !== undefined && { page_no }) },
    ),
  ),
  'the total is that of the page': m(
    /onsale\.get\/state\/pages$/,
    values((value) => {
      const inner = value.items_onsale_get_response
      const items = (inner?.items as { item: unknown[] } | undefined)?.item
      return inner
        ? { items_onsale_get_response: { ...inner, total_results: items?.length ?? 0 } }
        : value
    }),
  ),
  'page_size is ignored': m(
    /onsale\.get\/state\/pages$/,
    of('taobao.items.onsale.get', ({ page_size, ...params }) =>
      page_size === '2' ? params : undefined,
    ),
  ),
  'order_by is ignored': m(
    /onsale\.get\/state\/pages$/,
    of('taobao.items.onsale.get', ({ order_by: _, ...params }) => params),
  ),
  'q is ignored': m(
    /onsale\.get\/state\//,
    of('taobao.items.onsale.get', ({ q: _, ...params }) => params),
  ),
  'texts lose what follows an ampersand': m(
    /state\/texts$/,
    of('taobao.item.add', (params) => ({
      ...params,
      desc: (params.desc ?? '').split('&')[0] ?? '',
    })),
  ),
  'a page has twenty items': m(
    /state\/default-page$/,
    of('taobao.items.onsale.get', (params) => ({ page_size: '20', ...params })),
  ),
  'pages may be as deep as they like': m(
    /state\/too-deep$/,
    of('taobao.items.onsale.get', (params) =>
      params.page_no === '1001' ? { ...params, page_no: '1' } : undefined,
    ),
  ),
  'cid is ignored': m(
    /onsale\.get\/state\/narrowed$/,
    of('taobao.items.onsale.get', ({ cid: _, ...params }) => params),
  ),
  'has_discount is ignored': m(
    /state\/flags$/,
    of('taobao.items.onsale.get', ({ has_discount: _, ...params }) => params),
  ),
  'every session is the first seller': m(
    /state\/whose$/,
    asks((params, { sessions }) =>
      params.session === sessions.neighbour ? { ...params, session: sessions.own } : undefined,
    ),
  ),
  'a deleted item is refused with a made-up sub_code': m(
    /delete\/state\/final$/,
    inRefusals((error) => (error.code === 15 ? { ...error, sub_code: 'isv.not-found' } : error)),
  ),
  'a title is limited in bytes': m(
    /add\/limits\/title\/.*inside$/,
    of('taobao.item.add', (params) =>
      Buffer.byteLength(params.title ?? '') > 120
        ? { ...params, title: 'x'.repeat(121) }
        : undefined,
    ),
  ),
  'fractions are cut off': m(
    /add\/types\/num\/1\.5$/,
    of('taobao.item.add', (params) => ({
      ...params,
      num: String(Number.parseInt(params.num ?? '', 10)),
    })),
  ),
  'a day that does not exist is the next': m(
    /types\/start_modified\/2026-02-30/,
    of('taobao.items.onsale.get', (params) =>
      params.start_modified?.startsWith('2026-02-30')
        ? { ...params, start_modified: '2026-03-02 00:00:00' }
        : undefined,
    ),
  ),
  'yes is true': m(
    /types\/has_discount\/yes$/,
    of('taobao.items.onsale.get', (params) =>
      params.has_discount === 'yes' ? { ...params, has_discount: 'true' } : undefined,
    ),
  ),
  'an empty title is a title': m(
    /add\/required\/title\/empty$/,
    of('taobao.item.add', (params) =>
      params.title === '' ? { ...params, title: 'x' } : undefined,
    ),
  ),
  'without sign_method nothing is accepted': m(
    /sign\/no-method$/,
    refuses(({ params }) => params.sign_method === undefined, 25, 'Invalid signature'),
  ),
  'created is written in UTC': m(
    /add\/state\/read-back$/,
    each((name, value) => (name === 'created' ? formatTime(Date.now() - 28_800_000) : value)),
  ),
  'refusals of sessions lack their sub_code': m(
    /session\/unknown$/,
    inRefusals((error) => without(error, 'sub_code')),
  ),
  // Batches
  'a batch answers in another order': m(
    /batch\/order$/,
    batchBody((text) => text.split(separator).reverse().join(separator)),
  ),
  'a batch answers its first call only': m(
    /batch\/order$/,
    batchBody((text) => text.split(separator)[0] ?? ''),
  ),
  'a batch ends at its first refusal': m(
    /batch\/one-refused$/,
    batchBody((text) =>
      isRefusal(text.split(separator)[0] ?? '') ? (text.split(separator)[0] ?? '') : text,
    ),
  ),
  'the separator of a batch is not that which was asked for': m(
    /batch\/separator$/,
    batchBody((text) => text.replaceAll('-localtop-', separator)),
  ),
  'a batch is a list in JSON': m(
    /batch\/order$/,
    batchBody((text) => `[${text.split(separator).join(',')}]`),
  ),
}

/** Faults in how a request is read: the gateway itself gets another one. */
const readers: Readonly<Record<string, { by: RegExp; fault: ReturnType<typeof requests> }>> = {
  'a file of multipart is dropped': {
    by: /state\/(picture|pictures)$/,
    fault: requests(async (call) => {
      if (!isMultipart(call)) return undefined
      const text = (await body(call)).toString('latin1')
      const kept = text.replace(
        /--[-\w]+\r\nContent-Disposition: form-data; name="image"[\s\S]*?(?=\r\n--)\r\n/,
        '',
      )
      return with_(call.request, Uint8Array.from(Buffer.from(kept, 'latin1')))
    }),
  },
  'multipart of the Java SDK is not read': {
    by: /transport\/multipart-java$/,
    fault: requests(async (call) => {
      const text = (await body(call)).toString('latin1')
      return text.includes('Content-Disposition:form-data;name=')
        ? with_(call.request, '')
        : undefined
    }),
  },
  'a last boundary without a line break is not read': {
    by: /transport\/multipart-php$/,
    fault: requests(async (call) =>
      isMultipart(call) && !(await body(call)).toString('latin1').endsWith('\r\n')
        ? with_(call.request, '')
        : undefined,
    ),
  },
  'line breaks of multipart become CRLF': {
    by: /parameters\/line-breaks$/,
    fault: requests(async (call) =>
      isMultipart(call)
        ? with_(
            call.request,
            Uint8Array.from(
              Buffer.from(
                (await body(call)).toString('latin1').replaceAll(/(?<!\r)\n/g, '\r\n'),
                'latin1',
              ),
            ),
          )
        : undefined,
    ),
  },
  'the query of a POST is not read': {
    by: /transport\/query-and-form$/,
    fault: requests(async (call) => {
      const url = new URL(call.request.url)
      if (url.search === '' || call.request.method === 'GET' || call.isBatch) return undefined
      url.search = ''
      return new Request(url, {
        method: 'POST',
        headers: call.request.headers,
        body: Uint8Array.from(await body(call)),
      })
    }),
  },
  'plus is no blank': {
    by: /parameters\/escaped$|call\/json$/,
    fault: requests(async (call) => {
      if (isMultipart(call) || call.isBatch) return undefined
      return with_(call.request, (await body(call)).toString('utf8').replaceAll('+', '%2B'))
    }),
  },
  'the #PUBLIC# part of a batch is not read': {
    by: /batch\/public$/,
    fault: requests(async (call) =>
      call.isBatch && (await body(call)).includes('#PUBLIC#')
        ? with_(
            call.request,
            (await body(call)).toString('utf8').replace(/^#PUBLIC#[\s\S]*?-S-\r\n/, ''),
          )
        : undefined,
    ),
  },
}

const planted = { ...mutants, ...readers }

const allCases = {
  guide: contractCases({ profile: 'guide' }),
  production: contractCases({ profile: 'production' }),
}

/** What the cases whose id matches find. */
async function failuresOf(fetch: Fetch, by: RegExp, profile: ProfileName): Promise<string[]> {
  const cases = allCases[profile].filter(({ id }) => by.test(id))
  const report = await runContractSuite({ fetch, profile, cases })
  return report.cases.filter(({ state }) => state === 'failed').map(({ id }) => id)
}

describe('the contract suite finds a gateway in which', () => {
  it.each(Object.entries(planted))('%s', async (name, mutant) => {
    const profile = 'profile' in mutant ? (mutant.profile ?? 'production') : 'production'
    await using gateway = createGateway({ rateLimit: 'off' })
    const fault = name in readers ? readers[name]?.fault(gateway.fetch) : mutants[name]?.fault
    const failures = await failuresOf(faulty(gateway.fetch, fault as Fault), mutant.by, profile)
    expect(failures).not.toEqual([])
  })
})

describe('the contract suite passes a gateway', () => {
  it.each(['guide', 'production'] as const)('without a fault, profile %s', async (profile) => {
    await using gateway = createGateway({ rateLimit: 'off' })
    const { failed, cases } = await runContractSuite({ fetch: gateway.fetch, profile })
    expect(cases.filter(({ state }) => state === 'failed')).toEqual([])
    expect(failed).toBe(0)
  })

  // What finds the faults above must not be the wrapper that plants them.
  it.each(['guide', 'production'] as const)(
    'whose calls are only sent on, profile %s',
    async (profile) => {
      await using gateway = createGateway({ rateLimit: 'off' })
      const nothingChanged: Fault = (call) =>
        call.request.method === 'POST' &&
        !call.request.url.includes('?') &&
        call.params.memo === undefined &&
        !call.params.q?.includes('\uFFFD')
          ? call.again((params) => params).then((response) => rewritten(response, (text) => text))
          : call.pass().then((response) => rewritten(response, (text) => text))
      const { cases } = await runContractSuite({
        fetch: faulty(gateway.fetch, nothingChanged),
        profile,
      })
      expect(cases.filter(({ state }) => state === 'failed')).toEqual([])
    },
  )
})

it('publishes how many faults it finds', () => {
  // Every planted fault has a test of its own above: all of them are found, or one of those fails.
  const count = Object.keys(planted).length
  expect(count).toBeGreaterThanOrEqual(45)
  for (const file of ['README.md', 'README.zh-CN.md']) {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
    expect(text, file).toContain(`${count} / ${count}`)
  }
})
