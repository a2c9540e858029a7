// A call without a socket: the gateway's fetch, and (where asked for) MSW's answer to fetch with a canned
// answer. Prints the median time of a call in microseconds, of several rounds.
import { createGateway } from '../dist/server.js'
import { calls } from './calls.mjs'
import { answer } from './servers/answer.mjs'

const [rounds, peer] = process.argv.slice(2)
const perRound = 4000
const url = 'http://127.0.0.1:7070'
const { path, headers, body } = calls['item.add'].make()
const request = () => new Request(`${url}${path}`, { method: 'POST', headers, body })

const gateway = createGateway({ profile: 'production', rateLimit: 'off' })
const ways = { gateway: async () => (await gateway.fetch(request())).text() }
if (peer === 'msw') {
  const { http, HttpResponse } = await import('./peers/node_modules/msw/lib/core/index.mjs')
  const { setupServer } = await import('./peers/node_modules/msw/lib/node/index.mjs')
  const server = setupServer(http.post(`${url}${path}`, () => HttpResponse.text(answer)))
  server.listen()
  ways.MSW = async () => (await fetch(`${url}${path}`, { method: 'POST', headers, body })).text()
}

const times = Object.fromEntries(Object.keys(ways).map((name) => [name, []]))
for (let round = 0; round <= Number(rounds); round++) {
  for (const [name, send] of Object.entries(ways)) {
    const text = await send()
    if (!text.startsWith('{"item_add_response":')) throw new Error(text)
    const began = performance.now()
    for (let call = 0; call < perRound; call++) await send()
    // The first round warms up.
    if (round > 0) times[name].push(((performance.now() - began) / perRound) * 1000)
  }
}
await gateway.close()
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]
console.log(
  JSON.stringify(
    Object.entries(times).map(([name, list]) => ({ name, microseconds: Math.round(median(list)) })),
  ),
)
