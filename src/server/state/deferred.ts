/** A promise with what settles it; nobody has to wait for it. */
export interface Deferred {
  readonly done: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export function deferred(): Deferred {
  let resolve = () => {}
  let reject = (_: Error) => {}
  const done = new Promise<void>((keep, refuse) => {
    resolve = keep
    reject = refuse
  })
  // A change that nobody waits for may be refused as well.
  done.catch(() => undefined)
  return { done, resolve, reject }
}
