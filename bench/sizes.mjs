// What one item more costs in a shop of so many, with the file store: the calls are made in this process,
// 32 at a time. Memory is what the heap holds after a collection, opening is from the files of that shop
// until it can be asked.
//
//   node --expose-gc bench/sizes.mjs FOLDER 100,1000000
import { createGateway } from '../dist/server.js'
import { calls } from './calls.mjs'

const [data, list] = process.argv.slice(2)
const sizes = list.split(',').map(Number)
const measured = 4000
const atOnce = 32
const open = (store) =>
  createGateway({
    profile: 'production',
    rateLimit: 'off',
    journal: { maxCount: 1000 },
    ...store,
  })

async function add(gateway, count) {
  const { path, headers, body } = calls['item.add'].make()
  let left = count
  const began = performance.now()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left-- > 0) {
        const request = new Request(`http://localhost${path}`, { method: 'POST', headers, body })
        const answer = await gateway.fetch(request)
        if (!(await answer.text()).startsWith('{"item_add_response":')) throw new Error('refused')
      }
    }),
  )
  return ((performance.now() - began) / count) * 1000
}

const warmUp = open({})
await add(warmUp, 2 * measured)
await warmUp.close()
let gateway = open({ store: 'file', data })
const found = []
let held = 0
for (const items of sizes) {
  while (held < items) {
    // Signed anew for each lot: a timestamp is good for ten minutes.
    const some = Math.min(10_000, items - held)
    await add(gateway, some)
    held += some
  }
  await gateway.close()
  gateway = open({ store: 'file', data })
  const began = performance.now()
  await gateway.ready()
  const openedMs = Math.round(performance.now() - began)
  globalThis.gc?.()
  const heapMb = Math.round(process.memoryUsage().heapUsed / 2 ** 20)
  const microseconds = Math.round(await add(gateway, measured))
  found.push({ items: held, microseconds, heapMb, openedMs })
  held += measured
}
await gateway.close()
console.log(JSON.stringify(found))
