/** Interrupts of a command that can end in order. */
export interface Interruption {
  readonly signal: AbortSignal
  /** From here on an interrupt is nobody's business but the system's. */
  end(): void
}

/**
 * Takes SIGINT and SIGTERM: the first aborts {@link Interruption.signal}, the next ends the process at once.
 *
 * @param onFirst what else the first does, such as saying that it was heard
 * @param onSecond what the next does instead of ending the process
 */
export function takeInterrupts(
  onFirst: () => void = () => undefined,
  onSecond: () => void = () => process.exit(130),
): Interruption {
  const controller = new AbortController()
  const interrupt = () => {
    if (controller.signal.aborted) return onSecond()
    controller.abort()
    onFirst()
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  return {
    signal: controller.signal,
    end() {
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', interrupt)
    },
  }
}
