import type { RequestOf } from '../../contracts/define-method.ts'
import { getOrCreate } from '../../contracts/get-or-create.ts'
import type { itemUpdate } from '../../contracts/methods/item.ts'
import type { Item, Sku } from '../../contracts/models/item.ts'
import { itemFields } from '../../contracts/models/item.ts'
import { normalPrice } from '../../contracts/protocol/scalars.ts'
import { shapeOf } from '../../contracts/protocol/wire-shape.ts'
import type { Ids } from '../state/ids.ts'

type SkuArguments = Pick<
  RequestOf<typeof itemUpdate>,
  'sku_properties' | 'sku_quantities' | 'sku_prices' | 'sku_outer_ids' | 'sku_barcode'
>

/** Where an argument goes: into a field, or into a part of a structure (`location.city`). */
interface Place {
  readonly field: string
  readonly part: string | undefined
}

const places = new Map<string, Place | null>()

/** `null` for an argument that no field of an item shows. */
function placeOf(name: string): Place | null {
  return getOrCreate<string, Place | null>(places, name, () => {
    const [field = '', part] = name.split('.')
    if (field === 'num_iid' || !Object.hasOwn(itemFields, field)) return null
    const shape = shapeOf(itemFields[field as keyof typeof itemFields])
    const isThere = part === undefined || (shape.kind === 'object' && shape.fields.has(part))
    return isThere ? { field, part } : null
  })
}

/**
 * The fields of an item that its arguments say outright: those with the same name, and dotted ones
 * gathered into their structure. Lists of SKUs are another matter: {@link skusFrom}.
 */
export function fieldsFrom(request: Readonly<Record<string, unknown>>, before: Item = {}): Item {
  const fields: Record<string, unknown> = {}
  for (const name in request) {
    const place = placeOf(name)
    if (!place) continue
    const { field, part } = place
    if (part === undefined) fields[field] = request[name]
    else {
      fields[field] ??= { ...(before[field as keyof Item] as object | undefined) }
      ;(fields[field] as Record<string, unknown>)[part] = request[name]
    }
  }
  return fields
}

/** What an item cannot be without, whatever `empty_fields` names. */
const lasting: ReadonlySet<string> = new Set([
  'approve_status',
  'cid',
  'created',
  'list_time',
  'modified',
  'nick',
  'num',
  'num_iid',
  'price',
  'skus',
  'stuff_status',
  'title',
  'type',
  'valid_thru',
])

/** An item without the fields that `empty_fields` names. */
export function withoutFields(item: Item, names: string): Item {
  const kept: Record<string, unknown> = { ...item }
  for (const name of names.split(',').map((one) => one.trim())) {
    if (!lasting.has(name)) delete kept[name]
  }
  return kept
}

type SkuProblem = 'lengths' | 'duplicate'

/**
 * Reads the positional lists `sku_properties`, `sku_quantities`, `sku_prices`, `sku_outer_ids` and
 * `sku_barcode` into SKUs; `undefined` when the call has none.
 */
export function skusFrom(
  request: SkuArguments,
  ids: Ids,
  time: string,
  before: readonly Sku[] = [],
): readonly Sku[] | SkuProblem | undefined {
  const { sku_properties, sku_quantities, sku_prices, sku_outer_ids, sku_barcode } = request
  if (!sku_properties) return sku_quantities || sku_prices ? 'lengths' : undefined
  const properties = sku_properties.split(',')
  const quantities = sku_quantities?.split(',') ?? []
  const prices = sku_prices?.split(',') ?? []
  const outerIds = sku_outer_ids?.split(',')
  const barcodes = sku_barcode?.split(',')
  const fits = (list: readonly string[] | undefined) => !list || list.length === properties.length
  const readable =
    quantities.every((text) => /^\d{1,9}$/.test(text)) &&
    prices.every((text) => /^\d{1,12}(\.\d{1,2})?$/.test(text))
  if (![quantities, prices, outerIds, barcodes].every(fits) || !readable) return 'lengths'
  if (new Set(properties).size !== properties.length) return 'duplicate'
  const known = new Map(before.map((sku) => [sku.properties, sku]))
  const skus = properties.map((property, at): Sku => {
    const old = known.get(property)
    return {
      ...old,
      sku_id: old?.sku_id ?? ids.skuId(),
      properties: property,
      quantity: Number(quantities[at]),
      price: normalPrice(prices[at] as string),
      created: old?.created ?? time,
      modified: time,
      ...(outerIds?.[at] && { outer_id: outerIds[at] }),
      ...(barcodes?.[at] && { barcode: barcodes[at] }),
    }
  })
  return skus
}

/** Whether an item's price lies between the lowest and the highest of its SKUs. */
export function isWithinSkuPrices(
  price: string | undefined,
  skus: readonly Sku[] | undefined,
): boolean {
  if (price === undefined || !skus || skus.length === 0) return true
  const prices = skus.map((sku) => Number(sku.price))
  return Number(price) >= Math.min(...prices) && Number(price) <= Math.max(...prices)
}

export const stockOf = (skus: readonly Sku[]) =>
  skus.reduce((sum, sku) => sum + (sku.quantity ?? 0), 0)
