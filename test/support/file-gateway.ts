// A program of its own for kill.test.ts: serves the folder given until somebody kills it.
import { createGateway } from '../../src/server/index.ts'

const [data] = process.argv.slice(2)
const gateway = createGateway({ store: 'file', data, rateLimit: 'off' })
const { url } = await gateway.listen({ port: 0 })
process.stdout.write(`${url}\n`)
