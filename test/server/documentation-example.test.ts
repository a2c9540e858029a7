import { describe, expect, it } from 'vitest'
import { sign } from '../../src/contracts/index.ts'
import { createGateway } from '../../src/server/index.ts'
import { bothProfiles, send } from '../support/gateway.ts'

// The signing example of the official page https://developer.alibaba.com/docs/doc.htm?articleId=101617
const example = {
  method: 'taobao.item.seller.get',
  app_key: '12345678',
  session: 'test',
  timestamp: '2016-01-01 12:00:00',
  format: 'json',
  v: '2.0',
  sign_method: 'md5',
  fields: 'num_iid,title,nick,price,num',
  num_iid: '11223344',
  sign: '66987CB115214E59E6EC978214934FB8',
}
const item = {
  num: 36,
  num_iid: 11223344,
  nick: '本地小店',
  price: '128.00',
  title: '手工编织羊毛围巾',
}

function atItsDate(profile?: 'guide' | 'production') {
  const gateway = createGateway({ profile })
  gateway.clock.freeze('2016-01-01 12:00:00')
  return gateway
}

describe.each(['GET', 'POST'])("the documentation's signing example by %s", (verb) => {
  it('is accepted on its date and answers the fields it asks for, no others', async () => {
    const reply = await send(atItsDate(), example, { verb })
    expect(reply.json).toEqual({
      item_seller_get_response: { item, request_id: expect.any(String) },
    })
  })

  it.each(bothProfiles)('is accepted in the %s profile', async (profile) => {
    const reply = await send(atItsDate(profile), example, { verb })
    expect(reply.answer.item).toEqual(item)
  })

  it('answers the same in XML', async () => {
    const { sign: _, ...params } = { ...example, format: 'xml' }
    const xml = { ...params, sign: sign(params, 'helloworld', 'md5') }
    const { text, headers } = await send(atItsDate(), xml, { verb })
    expect(headers.get('content-type')).toBe('text/xml;charset=UTF-8')
    const inner =
      /<item_seller_get_response><item>(.*)<\/item><request_id>\w{12}<\/request_id><\/item_seller_get_response>/.exec(
        text,
      )?.[1]
    const fields = [...(inner ?? '').matchAll(/<(\w+)>([^<]*)<\/\1>/g)].map(([, name, value]) => [
      name,
      value,
    ])
    expect(Object.fromEntries(fields)).toEqual({ ...item, num: '36', num_iid: '11223344' })
  })

  it('is too old today', async () => {
    const reply = await send(createGateway(), example, { verb })
    expect(reply.error).toMatchObject({ code: 31, msg: 'Invalid timestamp' })
  })

  it('is refused with one character of its sign changed', async () => {
    const reply = await send(
      atItsDate(),
      { ...example, sign: example.sign.replace('6', '7') },
      { verb },
    )
    expect(reply.error?.code).toBe(25)
  })
})
