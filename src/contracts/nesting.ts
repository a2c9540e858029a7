/** What is nested deeper is written by nobody, and what follows a structure into its depth would not come back. */
export const deepestNesting = 200

/** Whether a value that came as JSON or YAML is nested more than {@link deepestNesting} levels deep. */
export const isNestedTooDeep = (value: unknown): boolean => isDeeper(value, deepestNesting)

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((below) => isDeeper(below, levels - 1))
}
