/**
 * How a method is answered: `stateful` by a handler over the world, `stub` by a sample that no call
 * changes, `request-only` by an empty root after its parameters are checked because nobody knows its
 * answer, `name-only` by an empty root whatever it is called with.
 */
export const tiers = ['stateful', 'stub', 'request-only', 'name-only'] as const
export type Tier = (typeof tiers)[number]
