import { describe, expect, it } from 'vitest'
import { smsNumSend } from '../../src/contracts/index.ts'
import { createGateway } from '../../src/server/index.ts'
import { addItem, bothProfiles, call, type Params } from '../support/gateway.ts'

const unlimited = (options: Parameters<typeof createGateway>[0] = {}) =>
  createGateway({ rateLimit: 'off', ...options })

const message: Params = smsNumSend.example
const send = (gateway = unlimited(), params: Params = {}) =>
  call(gateway, smsNumSend.name, { ...message, ...params }, { session: null })

describe.each(bothProfiles)('%s: alibaba.aliqin.fc.sms.num.send', (profile) => {
  it('answers in the form that was logged, without a session', async () => {
    const reply = await send(unlimited({ profile }))
    expect(reply.json).toEqual({
      alibaba_aliqin_fc_sms_num_send_response: {
        result: {
          err_code: '0',
          model: expect.stringMatching(/^1\d{11}\^1\d{12}$/),
          success: true,
        },
        ...(profile === 'guide' && { code: 0 }),
        request_id: expect.any(String),
      },
    })
  })
})

describe('the answer of a stub', () => {
  const model = async (...given: Parameters<typeof send>) =>
    (await send(...given)).answer.result.model

  it('is the same for the same request, whatever was called before it', async () => {
    const gateway = unlimited()
    const first = await model(gateway)
    await addItem(gateway)
    expect(await model(gateway)).toBe(first)
    expect(await model()).toBe(first)
    const reversed = Object.fromEntries(Object.entries(message).reverse())
    const reply = await call(gateway, smsNumSend.name, reversed, { session: null })
    expect(reply.answer.result.model).toBe(first)
  })

  it('is another for another request, and for another seed', async () => {
    const models = [
      await model(),
      await model(unlimited(), { rec_num: '13000000001' }),
      await model(unlimited(), { sms_param: '{"code":"4321"}' }),
      await model(unlimited({ seed: 2 })),
    ]
    expect(new Set(models).size).toBe(models.length)
  })

  it('does not move what a world gives out', async () => {
    const [with_, without] = [unlimited(), unlimited()]
    await send(with_)
    expect(await addItem(with_)).toBe(await addItem(without))
  })

  it('takes 200 numbers and refuses 201', async () => {
    const numbers = (count: number) => ({ rec_num: Array(count).fill('13000000000').join() })
    expect((await send(unlimited(), numbers(200))).error).toBeUndefined()
    expect((await send(unlimited(), numbers(201))).error).toMatchObject({
      code: 15,
      sub_code: 'isv.MOBILE_COUNT_OVER_LIMIT',
    })
  })
})

describe('x-localtop-tier', () => {
  it('says how a method is answered, for a refusal too', async () => {
    const gateway = unlimited()
    const tier = async (method: string, params: Params) =>
      (await call(gateway, method, params)).headers.get('x-localtop-tier')
    expect(await tier('taobao.time.get', {})).toBe('stateful')
    expect(await tier('taobao.item.delete', {})).toBe('stateful')
    expect(await tier(smsNumSend.name, message)).toBe('stub')
    expect(await tier(smsNumSend.name, {})).toBe('stub')
    expect(await tier('taobao.nothing.get', {})).toBeNull()
  })

  it('says what a contract from outside says', async () => {
    const contract = { ...smsNumSend, name: 'acme.nothing.send' }
    const handler = () => ({ result: {} })
    const { tier: _, ...untold } = { ...contract, name: 'acme.nothing.get' }
    const gateway = unlimited({
      methods: [
        { contract, handler },
        { contract: untold, handler },
      ],
    })
    const tier = async (method: string) =>
      (await call(gateway, method, message)).headers.get('x-localtop-tier')
    expect(await tier('acme.nothing.send')).toBe('stub')
    expect(await tier('acme.nothing.get')).toBe('stateful')
  })
})
