import type { Store } from './state/store.ts'
import { StoreUnavailableError } from './state/store-error.ts'

interface TellingDeps {
  readonly store: Pick<Store, 'transact'>
  /** The store is that of several gateways: else there is nobody to tell. */
  readonly isShared: boolean
  readonly reportBug: (problem: Error) => void
}

/** How one gateway lets the others on its store know what it was told. */
export interface Telling {
  /**
   * Does what all gateways are to know: at once here, and as a transaction on what the store holds. Ends when
   * they know it; `undefined` where there are no others.
   */
  tell(work: () => void): Promise<void> | undefined
  /** Takes what others are being told already; whoever must know that it has arrived asks {@link pending}. */
  share(telling: Promise<void>): Promise<void>
  /** Ends when the others know all that was told so far; `undefined` where nothing is under way. */
  pending(): Promise<void> | undefined
  /** The shop is known from here on. @returns what tells once more all that was told before */
  begin(): () => void
}

export function createTelling({ store, isShared, reportBug }: TellingDeps): Telling {
  let inBackground: Promise<void> | undefined
  /** What was told before the shop was known. */
  let early: (() => void)[] | undefined = isShared ? [] : undefined

  function tell(work: () => void): Promise<void> | undefined {
    if (!isShared || early) {
      work()
      early?.push(work)
      return undefined
    }
    return share(Promise.resolve(store.transact(work)))
  }

  function share(telling: Promise<void>): Promise<void> {
    const all = Promise.allSettled([inBackground]).then(() => telling)
    inBackground = all
    all
      .catch((problem: Error) => {
        // That the store is away has been said.
        if (!(problem instanceof StoreUnavailableError)) reportBug(problem)
      })
      .then(() => {
        if (inBackground === all) inBackground = undefined
      })
    return all
  }

  return {
    tell,
    share,
    pending: () => inBackground,
    begin() {
      const again = early ?? []
      early = undefined
      return () => {
        for (const work of again) tell(work)
      }
    },
  }
}
