import type { WireShape } from './wire-shape.ts'

type Fields = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A JSON merge patch (RFC 7396): structures are merged, `null` removes, anything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {}
  for (const [name, part] of Object.entries(patch)) {
    if (part === null) delete merged[name]
    else merged[name] = mergePatch(merged[name], part)
  }
  return merged
}

/**
 * The shape by which a value can be written that no longer has the one it should: what still fits keeps
 * its shape, all else is written as it is.
 */
export function shapeOfPatched(value: unknown, shape: WireShape | undefined): WireShape {
  if (!isObject(value)) {
    // Digits can be written as any value may be, so also as an identifier.
    const fits = shape?.kind === 'value' && /^-?\d+$/.test(String(value))
    return fits ? shape : { kind: 'value', type: 'Text' }
  }
  if (shape?.kind === 'list' && Array.isArray(value[shape.element])) {
    const elements = value[shape.element] as readonly unknown[]
    const isWhole = elements.every((element) => isObject(element) === (shape.of.kind === 'object'))
    if (isWhole && Object.keys(value).length === 1) return shape
  }
  const known = shape?.kind === 'object' ? shape.fields : undefined
  // Fields that are known keep their order; those that a patch adds come last.
  const names = new Set([...(known?.keys() ?? []), ...Object.keys(value)])
  return {
    kind: 'object',
    fields: new Map(
      [...names].map((name) => [name, shapeOfPatched(value[name], known?.get(name))]),
    ),
  }
}
