import { type Rejection, reject } from '../../contracts/protocol/errors.ts'
import type { Received } from '../call.ts'
import type { App } from '../state/world.ts'

export function findApp({ params, app, world }: Received): { app: App } | Rejection {
  const key = params.app_key
  if (!key) return reject('missing-app-key')
  if (app) return { app }
  return reject(
    'invalid-app-key/isv.appkey-not-exists',
    {},
    {
      en: `No app has the key "${key}". This world has ${[...world.apps().keys()].slice(0, 5).join(', ') || 'none'}.`,
      zh: `没有 app_key 为 "${key}" 的应用。`,
    },
  )
}

/** Whether an app may call a method; `taobao.items.*` grants a family. */
function isGranted(app: App, method: string): boolean {
  if (app.grants === 'all') return true
  return app.grants.some((grant) =>
    grant.endsWith('*') ? method.startsWith(grant.slice(0, -1)) : grant === method,
  )
}

export function checkGrants({ app, params }: Received & { app: App }): Rejection | undefined {
  const method = params.method as string
  if (isGranted(app, method)) return undefined
  return reject(
    'insufficient-isv-permissions/isv.permission-api-package-limit',
    {},
    {
      en: `The app ${app.app_key} has no grant for ${method}; its world grants ${(app.grants as string[]).join(', ') || 'nothing'}.`,
      zh: `应用 ${app.app_key} 没有调用 ${method} 的权限。`,
    },
  )
}
