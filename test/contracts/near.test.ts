import { describe, expect, it } from 'vitest'
import { nearest } from '../../src/contracts/near.ts'

const names = ['taobao.item.add', 'taobao.item.get', 'taobao.items.onsale.get', 'title', 'price']

describe('the nearest name', () => {
  it.each([
    ['taobao.item.ad', 'taobao.item.add'],
    ['taobao.itme.add', 'taobao.item.add'],
    ['taobao.Item.Add', 'taobao.item.add'],
    ['taobao.items.onsal.get', 'taobao.items.onsale.get'],
    ['titel', 'title'],
    ['tilte', 'title'],
    ['pric', 'price'],
  ])('to %s is %s', (sent, meant) => {
    expect(nearest(sent, names)).toBe(meant)
  })

  it.each(['taobao.trade.fullinfo.get', 'colour', 'x', ''])('to %j is none', (sent) => {
    expect(nearest(sent, names)).toBeUndefined()
  })

  it('is never the name itself', () => {
    expect(nearest('title', ['title'])).toBeUndefined()
  })
})
