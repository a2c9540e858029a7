// A program of its own for the kill tests: serves a store until somebody kills it.
import { createGateway, type GatewayOptions } from '../../src/server/index.ts'

const [store, data] = process.argv.slice(2)
const gateway = createGateway({
  store: store as GatewayOptions['store'],
  data,
  rateLimit: 'off',
  profile: 'production',
})
const { url } = await gateway.listen({ port: 0 })
process.stdout.write(`${url}\n`)
