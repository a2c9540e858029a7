import type { Store } from '../state/store.ts'
import type { Entry } from './exchange.ts'
import type { Journal } from './journal.ts'
import { packEntry, type Unpacking, unpackEntry } from './packed-entry.ts'

/** What a gateway does so that its journal and those of others on the same store are one. */
export interface JournalSharing {
  add(entry: Entry): void
  /** Brings in the exchanges of other gateways; asked for when somebody looks. */
  catchUp(): Promise<void>
  /** Empties the journals of all. */
  clear(worldId: string | undefined): Promise<void> | undefined
}

export function createJournalSharing(
  store: Store,
  journal: Journal,
  unpacking: Unpacking,
): JournalSharing {
  /** The last exchange of this gateway that stands in the shared journal before what is read next. */
  let lastOwn = 0

  return {
    add(entry) {
      store.journal?.()?.add(entry.id, packEntry(entry))
    },
    async catchUp() {
      const shared = store.journal?.()
      if (!shared || store.trouble()) return
      let others: Omit<Entry, 'bytes'>[] = []
      for (const news of await shared.news()) {
        if (news.kind === 'own') lastOwn = Number(news.id)
        else if (news.kind === 'entry') {
          const entry = unpackEntry(news.text, unpacking)
          if (entry) others.push(entry)
        } else {
          const { worldId } = news
          others = others.filter(({ call }) => worldId !== undefined && call.world.id !== worldId)
          journal.clear(worldId, lastOwn)
        }
      }
      journal.adopt(others)
    },
    clear: (worldId) => store.journal?.()?.clear(worldId),
  }
}
