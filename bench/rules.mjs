// npm run bench:rules: what a hundred rules cost a call. The built gateway answers the same signed call in
// this process with no rules, with a hundred about other methods, and with a hundred about this very one.
import { sign } from '../dist/contracts.js'
import { createGateway } from '../dist/server.js'

const calls = 4000
const rounds = 7

const about = (method) =>
  Array.from({ length: 100 }, (_, at) => ({
    when: {
      method,
      params: { x: { contains: `never ${at}` } },
      between: { from: '2026-01-01 00:00:00', to: '2027-01-01 00:00:00' },
    },
    then: { refuse: 'isp.unknown-error' },
    times: 'always',
  }))
const cases = {
  'no rules': [],
  'a hundred about another method': about('taobao.item.delete'),
  'a hundred about this method, none matching': about('taobao.item.seller.get'),
}

const gateways = Object.entries(cases).map(([name, rules]) => ({
  name,
  times: [],
  gateway: createGateway({
    profile: 'production',
    time: '2026-11-11 00:00:00',
    freeze: true,
    journal: { maxCount: 100 },
    scenarios: [{ title: 'bench', rules }],
  }),
}))

const params = {
  method: 'taobao.item.seller.get',
  app_key: '12345678',
  session: 'test',
  timestamp: '2026-11-11 00:00:00',
  v: '2.0',
  format: 'json',
  sign_method: 'md5',
  fields: 'num_iid,title',
  num_iid: '11223344',
  x: 'some text',
}
const query = new URLSearchParams({ ...params, sign: sign(params, 'helloworld', 'md5') })
const url = `http://localhost/router/rest?${query}`

/** Microseconds a call. */
async function measure(gateway) {
  const began = performance.now()
  for (let at = 0; at < calls; at++) await gateway.fetch(new Request(url))
  return ((performance.now() - began) * 1000) / calls
}

const answer = await (await gateways[2].gateway.fetch(new Request(url))).text()
if (!answer.includes('item_seller_get_response')) throw new Error(`no answer: ${answer}`)
for (const { gateway } of gateways) await measure(gateway)
// In turn, so that what else the machine does hits all alike.
for (let round = 0; round < rounds; round++) {
  for (const one of gateways) one.times.push(await measure(one.gateway))
}
const median = (times) => times.sort((a, b) => a - b)[times.length >> 1]
const base = median(gateways[0].times)
for (const { name, times } of gateways) {
  const time = median(times)
  console.log(
    `${name.padEnd(44)} ${time.toFixed(1).padStart(7)} µs a call  ${(time - base).toFixed(1).padStart(6)} µs more`,
  )
}
