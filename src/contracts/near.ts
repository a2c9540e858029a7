/**
 * The candidate that a mistyped name most likely means: the nearest one by letters added, lost, changed
 * or swapped, as long as no more than a fifth of the name (and at least one letter) is wrong.
 *
 * @example
 * nearest('taobao.item.ad', ['taobao.item.add', 'taobao.item.get']) // 'taobao.item.add'
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase()
  let best: string | undefined
  let least = Math.max(1, Math.min(4, Math.floor(name.length / 5))) + 1
  for (const candidate of candidates) {
    if (candidate === name) continue
    if (Math.abs(candidate.length - name.length) >= least) continue
    const far = distance(wanted, candidate.toLowerCase(), least)
    if (far < least) {
      least = far
      best = candidate
    }
  }
  return best
}

/** Optimal string alignment; gives `most` up as soon as no better is possible. */
function distance(a: string, b: string, most: number): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min(
        (last[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (last[j - 1] as number) + same,
      )
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwap) cost = Math.min(cost, (beforeLast[j - 2] as number) + 1)
      row.push(cost)
    }
    if (Math.min(...row) >= most) return most
    beforeLast = last
    last = row
  }
  return last[b.length] as number
}
