/**
 * Delta debugging (Zeller's ddmin): makes a list as short as it can be while it still fails, by leaving out
 * ever smaller parts. When it ends by itself no single thing can be left out.
 *
 * @param fails never asked for a list twice
 * @param least how short it may become
 */
export async function ddmin<T>(
  all: readonly T[],
  fails: (some: readonly T[]) => Promise<boolean>,
  least = 1,
): Promise<readonly T[]> {
  let kept = all
  let parts = 2
  while (kept.length > least) {
    const shorter = await withoutOnePart(kept, Math.min(parts, kept.length), least, fails)
    if (shorter) {
      kept = shorter
      parts = Math.max(2, parts - 1)
    } else if (parts >= kept.length) break
    else parts *= 2
  }
  return kept
}

async function withoutOnePart<T>(
  kept: readonly T[],
  parts: number,
  least: number,
  fails: (some: readonly T[]) => Promise<boolean>,
): Promise<readonly T[] | undefined> {
  const size = kept.length / parts
  // From the end: what came last usually matters least to what comes before.
  for (let part = parts - 1; part >= 0; part--) {
    const from = Math.floor(part * size)
    const to = Math.floor((part + 1) * size)
    const rest = [...kept.slice(0, from), ...kept.slice(to)]
    if (rest.length >= least && (await fails(rest))) return rest
  }
  return undefined
}
