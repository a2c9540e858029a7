// (b) Hono that reads the body as text and answers with a fixed JSON.
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { answer, contentType, listens } from './answer.mjs'

const headers = { 'content-type': contentType }
const app = new Hono()
app.post('/router/*', async (c) => {
  await c.req.text()
  return new Response(answer, { headers })
})
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => listens(port))
