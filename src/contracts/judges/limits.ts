/** From where on the judges speak up. Times in milliseconds unless they say another unit. */
export interface JudgeLimits {
  /**
   * A call this much before the end of a ban is not held against the caller: timers fire early.
   * @default 100
   */
  readonly earlyMs: number
  /**
   * The seconds of a ban are rounded up. A call this much before the named end that was *answered* knew
   * the end better than the answer could say it. @default 1100
   */
  readonly roundingMs: number
  /**
   * How many different calls may be refused by one ban: each worker of a pool learns of it by itself.
   * More of them is nobody listening. @default 8
   */
  readonly callsPerBan: number
  /**
   * Calls that arrive this soon after the first refusal were on their way already; counted for
   * {@link callsPerBan} only. @default 250
   */
  readonly reactionMs: number
  /** A longer ban may be given up on, in seconds; the bundled client waits as long. @default 120 */
  readonly worthWaitingSeconds: number
  /**
   * Where nobody knows how the program ended: how long it must have been silent about a call before
   * the call counts as given up, beyond the seconds of its ban. @default 60000
   */
  readonly settledMs: number
  /** Re-sends of a call for one mistake of its own within this time are one attempt of a program. @default 600000 */
  readonly sameRunMs: number
  /**
   * How often a call may be sent again after a refusal for its credentials (24 to 31, and sessions):
   * they may have been read anew in between. @default 1
   */
  readonly credentialResends: number
  /** The caller may not have waited for an answer that took longer than this in real time. @default 5000 */
  readonly slowMs: number
  /** Sending again sooner than this is not waiting. @default 50 */
  readonly atOnceMs: number
  /** So many re-sends at once, one after another, are hammering. @default 3 */
  readonly atOnceResends: number
  /** The part of all waits that must be none where each is of another call. @default 0.75 */
  readonly atOncePart: number
  /** So many equal waits of one call in a row have no jitter in them. @default 4 */
  readonly equalWaits: number
  /** Waits that differ by less than this part of their mean (and 10 ms) are equal. @default 0.05 */
  readonly equalWithin: number
  /** So many calls that a ban had refused, sent again together, are a herd. @default 8 */
  readonly herdCalls: number
  /** Within this time of the first of them. @default 100 */
  readonly herdMs: number
}

/**
 * The limits that reports use. Chosen so that the bundled client, a sequential one that waits the
 * named seconds, a pool of eight workers that each learn of a ban by themselves, and a program that
 * gives up with an exit status above 0 have no finding.
 */
export const judgeLimits: JudgeLimits = {
  earlyMs: 100,
  roundingMs: 1100,
  callsPerBan: 8,
  reactionMs: 250,
  worthWaitingSeconds: 120,
  settledMs: 60_000,
  sameRunMs: 600_000,
  credentialResends: 1,
  slowMs: 5000,
  atOnceMs: 50,
  atOnceResends: 3,
  atOncePart: 0.75,
  equalWaits: 4,
  equalWithin: 0.05,
  herdCalls: 8,
  herdMs: 100,
}
