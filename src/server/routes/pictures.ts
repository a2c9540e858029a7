import type { Context } from 'hono'
import type { GatewayCore } from '../core.ts'
import type { World } from '../state/world.ts'
import type { Env } from './env.ts'

/** The pictures of all worlds, at the addresses that answers give: what the platform's picture hosts are for it. */
export function pictureRoute(core: GatewayCore) {
  return function answerPicture(c: Context<Env>): Response {
    const { path } = c.req
    const picture = pictureIn(worldsOf(core), path)
    if (!picture) return c.json({ error: `no picture is at ${path} (any more)` }, 404)
    const etag = `"${picture.sha256}"`
    const headers = {
      'content-type': picture.content_type,
      etag,
      // The address holds a digest of the bytes: what it shows never changes.
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    }
    if (knows(c.req.header('if-none-match'), etag))
      return new Response(null, { status: 304, headers })
    const bytes = Buffer.from(picture.base64, 'base64')
    return new Response(bytes, {
      headers: { ...headers, 'content-length': String(bytes.byteLength) },
    })
  }
}

function* worldsOf(core: GatewayCore): Generator<World> {
  yield core.base
  for (const appKey of core.tenants()) yield core.worldOf(appKey)
}

function pictureIn(worlds: Iterable<World>, path: string) {
  for (const world of worlds) {
    const found = world.pictureAt(path)
    if (found) return found
  }
  return undefined
}

/** Whether the caller has the picture already. */
const knows = (ifNoneMatch: string | undefined, etag: string): boolean =>
  (ifNoneMatch ?? '').split(',').some((one) => ['*', etag].includes(one.trim().replace(/^W\//, '')))
