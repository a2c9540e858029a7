import { describe, expect, it } from 'vitest'
import { allRows } from '../../src/contracts/catalogue/rows.ts'
import {
  type AnyContract,
  breachesOf,
  findMethod,
  type MethodRow,
  sampleRequest,
  severityOf,
  type WireArguments,
} from '../../src/contracts/index.ts'

const contractOf = ({ name }: MethodRow) => findMethod(name) as AnyContract

/** What is held against a call in production; notices are not. */
const heldAgainst = (contract: AnyContract, sent: WireArguments) =>
  breachesOf({ contract, profile: 'production', sent }).filter(
    (breach) => severityOf(breach) !== 'notice',
  )

const kindsIn = (contract: AnyContract, sent: WireArguments) =>
  heldAgainst(contract, sent).map(({ kind, path }) => `${kind} ${path}`)

describe('every method of the catalogue', { timeout: 240_000 }, () => {
  const rows = allRows()
  const samples = new Map(
    rows.map((row) => [
      row,
      {
        session: 'test',
        ...contractOf(row).example,
        ...sampleRequest(row, { all: true }),
      } as WireArguments,
    ]),
  )
  const sample = (row: MethodRow) => samples.get(row) ?? {}

  it('has nothing held against a call that is made as its contract says', () => {
    const held = rows.flatMap((row) =>
      heldAgainst(contractOf(row), sample(row)).map(({ detail }) => `${row.name}: ${detail.en}`),
    )
    expect(held).toEqual([])
  })

  it('has a parameter found that it does not have, unless nobody knows its parameters', () => {
    const wrong = rows.filter((row) => {
      const found = kindsIn(contractOf(row), { ...sample(row), x_not_of_it: '1' })
      const { params = [], requiredUnknown } = row
      const isKnown = row.params && !(params.length === 0 && requiredUnknown)
      const expected = isKnown ? ['unknown-parameter x_not_of_it'] : []
      return String(found) !== String(expected)
    })
    expect(wrong.map(({ name }) => name)).toEqual([])
  })

  it('has each required parameter found that is missing, all of them at once', () => {
    const wrong = rows.filter((row) => {
      const found = kindsIn(contractOf(row), {})
      const required = row.requiredUnknown ? [] : (row.params ?? []).filter((one) => one.required)
      return required.some(({ name }) => !found.includes(`missing-parameter ${name}`))
    })
    expect(wrong.map(({ name }) => name)).toEqual([])
  })
})

describe('fields', () => {
  const asked = (method: string, fields: string) =>
    heldAgainst(findMethod(method) as AnyContract, { fields })
      .filter(({ kind }) => kind === 'unknown-field')
      .map(({ path, meant }) => (meant === undefined ? path : `${path} (${meant})`))

  it.each([
    ['taobao.item.seller.get', 'num_iid,title, price ,skus.sku_id,sku,location.city'],
    ['taobao.item.seller.get', 'item.title,item'],
    ['taobao.items.onsale.get', 'num_iid,title,total_results,items.item.price'],
    ['taobao.trade.fullinfo.get', 'tid,orders.title,orders.order.oid,trade.tid'],
    ['taobao.item.seller.get', 'num_iid,,'],
    ['taobao.item.seller.get', '[[27/session-expired]]'],
  ])('of %s may be %s', (method, fields) => {
    expect(asked(method, fields)).toEqual([])
  })

  it.each([
    ['taobao.item.seller.get', 'num_iid,outerid', ['fields: outerid (outer_id)']],
    ['taobao.item.seller.get', 'Title', ['fields: Title (title)']],
    ['taobao.item.seller.get', 'num_iid;title', ['fields: num_iid;title']],
    ['taobao.item.seller.get', 'skus.pricee,title', ['fields: skus.pricee (price)']],
    ['taobao.items.onsale.get', 'num_iid,stock_of_all', ['fields: stock_of_all']],
    ['taobao.trade.fullinfo.get', 'tid,orders.titel', ['fields: orders.titel (title)']],
  ])('of %s are not %s', (method, fields, found) => {
    expect(asked(method, fields)).toEqual(found)
  })

  it('are not judged where nobody knows what the answer holds', () => {
    const unknown = allRows().find(
      ({ params, fields }) => !fields && params?.some(({ name }) => name === 'fields'),
    )
    expect(asked(unknown?.name ?? '', 'no_such_field')).toEqual([])
  })
})
