// The yardstick: Hono that reads the same body as text and answers a fixed JSON.
import { serve } from '@hono/node-server'
import { Hono } from 'hono'

const answer =
  '{"item_add_response":{"item":{"created":"2026-01-01 00:00:00","num_iid":610000000001},"request_id":"z7bvc4ms5gfy"}}'
const headers = { 'content-type': 'text/javascript;charset=UTF-8' }
const app = new Hono()
app.post('/router/rest', async (c) => {
  await c.req.text()
  return new Response(answer, { headers })
})
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}` }))
})
