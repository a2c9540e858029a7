/** Every order of some things; grows with the factorial of their number, so for few of them only. */
export function* permutations<T>(things: readonly T[]): Iterable<readonly T[]> {
  if (things.length <= 1) {
    yield things
    return
  }
  for (const [at, first] of things.entries()) {
    const others = things.filter((_, index) => index !== at)
    for (const rest of permutations(others)) yield [first, ...rest]
  }
}
