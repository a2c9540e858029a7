import {
  type AnyContract,
  findRow,
  methods as handWritten,
  requiredParameters,
  sampleRequest,
  type WireArguments,
} from '../../contracts/index.ts'
import type { CaseStep, Need, PlannedCall, PlannedFile } from './case.ts'
import type { CaseOptions } from './options.ts'

/** Parameters of a call that the gates let through, texts and files apart. */
export interface BaseCall {
  readonly method: string
  readonly params: Readonly<Record<string, string>>
  readonly files: Readonly<Record<string, PlannedFile>>
}

/** The call that cases of a method begin from: its example, else a sample, with what is known laid over. */
export function baseCall(
  contract: AnyContract,
  { known = {} }: CaseOptions,
  all = false,
): BaseCall {
  const { name } = contract
  const row = Object.hasOwn(handWritten, name) ? undefined : findRow(name)
  const sent = row ? sampleRequest(row, { all }) : contract.example
  return { method: name, ...apart({ ...sent, ...known[name] }) }
}

function apart(sent: WireArguments): Pick<BaseCall, 'params' | 'files'> {
  const params: Record<string, string> = {}
  const files: Record<string, PlannedFile> = {}
  for (const [name, value] of Object.entries(sent)) {
    if (typeof value === 'string') params[name] = value
    else {
      const { fileName, contentType, bytes } = value
      files[name] = { fileName, contentType, base64: Buffer.from(bytes).toString('base64') }
    }
  }
  return { params, files }
}

/** A base call with one parameter changed, or left out. */
export function withParameter(
  { method, params, files }: BaseCall,
  name: string,
  value: string | PlannedFile | undefined,
): PlannedCall {
  const { [name]: _, ...otherParams } = params
  const { [name]: __, ...otherFiles } = files
  return {
    method,
    params: typeof value === 'string' ? { ...otherParams, [name]: value } : otherParams,
    files: typeof value === 'object' ? { ...otherFiles, [name]: value } : otherFiles,
  }
}

/** A call that is carried out: what has to be made first, the parameters, and what it takes besides. */
export interface GoodCall {
  readonly given: readonly CaseStep[]
  readonly call: BaseCall
  readonly needs: readonly Need[]
}

/** An item of the suite's own, kept as `{{item}}`. */
export const newItem = {
  title: '契约测试商品 {{unique}}',
  price: '25.00',
  num: '9',
  type: 'fixed',
  cid: '1512',
  desc: '由契约测试创建',
  stuff_status: 'new',
  'location.state': '浙江',
  'location.city': '杭州',
  outer_id: '{{unique}}',
} as const

/** Publishes an item. */
export const addItem = (
  params: Readonly<Record<string, string>> = {},
  keep: Readonly<Record<string, string>> = { item: 'item.num_iid' },
): CaseStep => ({
  call: { method: 'taobao.item.add', params: { ...newItem, ...params } },
  expect: { outcome: 'answer', method: 'taobao.item.add', now: ['item.created'] },
  keep,
})

const png =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='

/** A picture of one point. */
export const picture: PlannedFile = {
  fileName: 'point.png',
  contentType: 'image/png',
  base64: png,
}

/** Adds a second picture to the item, kept as `{{picture}}`. */
export const addPicture: CaseStep = {
  call: {
    method: 'taobao.item.img.upload',
    params: { num_iid: '{{item}}' },
    files: { image: picture },
  },
  expect: {
    outcome: 'answer',
    method: 'taobao.item.img.upload',
    present: ['item_img.id', 'item_img.url'],
  },
  keep: { picture: 'item_img.id' },
}

/** What methods that are about an item are called with, and what makes it. */
const prepared: Readonly<
  Record<
    string,
    {
      readonly given: readonly CaseStep[]
      readonly params: Readonly<Record<string, string>>
      readonly files?: BaseCall['files']
    }
  >
> = {
  'taobao.item.add': { given: [], params: newItem },
  'taobao.item.update': { given: [addItem()], params: { num_iid: '{{item}}', price: '19.90' } },
  'taobao.item.delete': { given: [addItem()], params: { num_iid: '{{item}}' } },
  'taobao.item.seller.get': { given: [addItem()], params: { num_iid: '{{item}}' } },
  'taobao.items.onsale.get': { given: [addItem()], params: { q: '{{unique}}' } },
  'taobao.items.inventory.get': {
    given: [addItem({ approve_status: 'instock' })],
    params: { q: '{{unique}}' },
  },
  'taobao.item.update.listing': {
    given: [addItem({ approve_status: 'instock' })],
    params: { num_iid: '{{item}}' },
  },
  'taobao.item.update.delisting': { given: [addItem()], params: { num_iid: '{{item}}' } },
  'taobao.item.quantity.update': { given: [addItem()], params: { num_iid: '{{item}}' } },
  'taobao.items.custom.get': { given: [addItem()], params: { outer_id: '{{unique}}' } },
  'taobao.item.img.upload': {
    given: [addItem()],
    params: { num_iid: '{{item}}' },
    files: { image: picture },
  },
  'taobao.item.img.delete': {
    given: [addItem(), addPicture],
    params: { num_iid: '{{item}}', id: '{{picture}}' },
  },
}

/** Only a seller's consent gives what these are called with. */
const needConsent = /^taobao\.top\.auth\./

/** What a call that works is made of. */
export function goodCall(contract: AnyContract, options: CaseOptions): GoodCall {
  const { name } = contract
  const call = baseCall(contract, options)
  const { known = {}, profile = 'production' } = options
  if (Object.hasOwn(known, name)) return { given: [], call, needs: [] }
  if (needConsent.test(name)) return { given: [], call, needs: ['known'] }
  const ready = Object.hasOwn(prepared, name) ? prepared[name] : undefined
  if (ready) {
    const params = { ...call.params, ...ready.params }
    return {
      given: ready.given,
      call: { ...call, params, ...(ready.files && { files: ready.files }) },
      needs: [],
    }
  }
  const asks = requiredParameters(contract, profile).some((one) => one !== 'fields')
  return { given: [], call, needs: asks ? ['things'] : [] }
}
