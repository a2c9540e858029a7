// (c) What somebody writes who needs one method: Hono that parses, checks timestamp, MD5 and session,
// validates the fields with zod, keeps the item in a Map and answers.
import { createHash } from 'node:crypto'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import * as z from 'zod'
import { contentType, listens } from './answer.mjs'

const secrets = new Map([['12345678', 'helloworld']])
const text = (most) => z.string().min(1).max(most)
const request = z.object({
  title: text(60),
  price: z.string().regex(/^\d{1,9}(\.\d{1,2})?$/),
  num: z.coerce.number().int().min(0).max(999_999),
  type: z.enum(['fixed', 'auction']),
  cid: z.coerce.number().int(),
  desc: text(25_000),
  stuff_status: z.enum(['new', 'second', 'unused']),
  'location.state': text(20),
  'location.city': text(20),
  outer_id: text(64).optional(),
  approve_status: z.enum(['onsale', 'instock']).optional(),
  freight_payer: z.enum(['seller', 'buyer']).optional(),
  has_discount: z.enum(['true', 'false']).optional(),
  valid_thru: z.coerce.number().int().optional(),
  props: text(2_000).optional(),
})
const items = new Map()
let next = 610_000_000_001
const headers = { 'content-type': contentType }

const app = new Hono()
app.post('/router/rest', async (c) => {
  const params = Object.fromEntries(new URLSearchParams(await c.req.text()))
  const secret = secrets.get(params.app_key)
  if (!secret) return refuse(29, 'Invalid app Key')
  const { sign, ...signed } = params
  let together = secret
  for (const name of Object.keys(signed).sort()) together += name + signed[name]
  const md5 = createHash('md5').update(`${together}${secret}`).digest('hex').toUpperCase()
  if (md5 !== sign) return refuse(25, 'Invalid signature')
  const at = Date.parse(`${params.timestamp.replace(' ', 'T')}+08:00`)
  if (!(Math.abs(Date.now() - at) < 600_000)) return refuse(31, 'Invalid timestamp')
  if (params.session !== 'test') return refuse(27, 'Invalid session')
  const { success, data } = request.safeParse(params)
  if (!success) return refuse(41, 'Invalid arguments')
  const num_iid = next++
  const created = new Date(Date.now() + 28_800_000).toISOString().slice(0, 19).replace('T', ' ')
  items.set(num_iid, { ...data, num_iid, created })
  return new Response(
    JSON.stringify({
      item_add_response: {
        item: { created, num_iid },
        request_id: Math.random().toString(36).slice(2, 14),
      },
    }),
    { headers },
  )
})
const refuse = (code, msg) =>
  new Response(JSON.stringify({ error_response: { code, msg } }), { headers })
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => listens(port))
