import * as z from 'zod'
import { OptionError } from '../../contracts/problems.ts'
import {
  appSeed,
  categorySeed,
  codeRecord,
  itemSeed,
  sellerSeed,
  sessionSeed,
  worldSeed,
} from '../../contracts/world.ts'
import { storedPicture } from './pictures.ts'
import type { Store } from './store.ts'
import type { App } from './world.ts'

/** The whole state of a gateway as JSON: collections of records by key. */
export type Snapshot = Record<string, Record<string, unknown>>

/** What of the state is not in a snapshot unless secrets are asked for. */
const isSecret = (collection: string) => ['sessions', 'codes'].includes(kindOf(collection))
const kindOf = (collection: string) => collection.split('@')[0] as string

export function takeSnapshot(store: Store, secrets: boolean): Snapshot {
  const snapshot: Snapshot = {}
  for (const name of store.names()) {
    // One that has been emptied is the same as one that never was.
    if (name === 'meta' || store.collection(name).size === 0) continue
    if (isSecret(name) && !secrets) continue
    snapshot[name] = Object.fromEntries(
      [...store.collection(name)].map(([key, value]) => [
        key,
        secrets ? value : withoutSecrets(name, value),
      ]),
    )
  }
  // What is handed out must not change when the gateway goes on.
  return structuredClone(snapshot)
}

function withoutSecrets(collection: string, value: unknown): unknown {
  if (kindOf(collection) === 'apps') {
    const { app_secret: _, ...app } = value as App
    return app
  }
  return kindOf(collection) === 'tenants' ? {} : value
}

const recordSchemas: Readonly<Record<string, z.ZodType>> = {
  apps: appSeed.partial({ app_secret: true }),
  sellers: sellerSeed,
  sessions: sessionSeed,
  codes: codeRecord,
  items: itemSeed,
  categories: categorySeed,
  pictures: storedPicture,
  settings: z.looseObject({}),
  tenants: z.looseObject({}),
}

/** What `PUT /snapshot` takes; records are read as those of a world file are. */
export const snapshotSchema = z
  .record(z.string(), z.record(z.string(), z.unknown()))
  .transform((snapshot, context): Snapshot => {
    const read: Snapshot = {}
    for (const [name, records] of Object.entries(snapshot)) {
      const schema = recordSchemas[kindOf(name)]
      if (!schema) {
        context.issues.push({
          code: 'custom',
          input: name,
          path: [name],
          message: 'no such collection',
        })
        continue
      }
      const into: Record<string, unknown> = {}
      read[name] = into
      for (const [key, value] of Object.entries(records)) {
        const parsed = schema.safeParse(value)
        into[key] = parsed.data
        for (const { path, message } of parsed.error?.issues ?? []) {
          context.issues.push({ code: 'custom', input: value, path: [name, key, ...path], message })
        }
      }
    }
    return read
  })

/**
 * Replaces the state; secrets and sessions that the snapshot lacks stay as they are.
 *
 * @throws OptionError for an app without a secret that is not known here; nothing is changed then
 */
export function restoreSnapshot(store: Store, snapshot: Snapshot): void {
  const before = new Map([...store.names()].map((name) => [name, new Map(store.collection(name))]))
  for (const [name, records] of Object.entries(snapshot)) {
    if (kindOf(name) !== 'apps') continue
    for (const [key, app] of Object.entries(records)) {
      if ((app as App).app_secret === undefined && !before.get(name)?.has(key)) {
        throw new OptionError(
          `${name}.${key}: this gateway does not know the app, and the snapshot has no app_secret; take it with secrets included`,
        )
      }
    }
  }
  store.drop(
    [...before.keys()].filter(
      (name) => !['meta', 'tenants'].includes(name) && !(isSecret(name) && !(name in snapshot)),
    ),
  )
  // A tenant that stays keeps its clock and its journal.
  for (const appKey of before.get('tenants')?.keys() ?? []) {
    if (!Object.hasOwn(snapshot.tenants ?? {}, appKey)) store.delete('tenants', appKey)
  }
  for (const [name, records] of Object.entries(snapshot)) {
    for (const [key, value] of Object.entries(records)) {
      store.put(name, key, withKnownSecrets(name, value, before.get(name)?.get(key)))
    }
  }
}

function withKnownSecrets(collection: string, value: unknown, known: unknown): unknown {
  if (kindOf(collection) === 'apps') {
    return {
      grants: 'all',
      app_secret: (known as App | undefined)?.app_secret,
      ...(value as object),
    }
  }
  if (kindOf(collection) === 'tenants') {
    return Object.hasOwn(value as object, 'seed') ? value : (known ?? { seed: worldSeed.parse({}) })
  }
  return value
}
