/** One thing that is not as expected, by its place in the answer. */
export interface Mismatch {
  /** `item_seller_get_response.item.num_iid`, or `HTTP status`, `header content-type`. */
  readonly path: string
  readonly expected: string
  readonly received: string
}

/** Text that stays readable, whatever came. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text =
    typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value))
  return text.length > 200 ? `${text.slice(0, 197)}…` : text
}

export const mismatch = (path: string, expected: string, value: unknown): Mismatch => ({
  path,
  expected,
  received: shown(value),
})

/** `item` below `items`; nothing is below nothing. */
export const below = (path: string, name: string | number): string =>
  typeof name === 'number' ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`

/** The value at a place such as `items.item[0].num_iid`; `undefined` where nothing stands. */
export function valueAt(value: unknown, path: string): unknown {
  let here = value
  for (const [, name, index] of path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (typeof here !== 'object' || here === null) return undefined
    here = (here as Record<string, unknown>)[name ?? (index as string)]
  }
  return here
}
