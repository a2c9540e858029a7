import type * as z from 'zod'

/** An option that cannot be used; the message names it, what was expected and what came. */
export class OptionError extends Error {
  override readonly name = 'OptionError'
}

/** One thing wrong in a file or body that a person wrote. */
export interface Problem {
  /** Where, as in `rules[0].then.refuse`. */
  readonly path: string
  readonly message: string
}

/** zod's issues as places and sentences; unions are narrowed to the alternative that came closest. */
export function problemsOf(error: z.ZodError, prefix: readonly PropertyKey[] = []): Problem[] {
  return error.issues.flatMap((issue) => problemsOfIssue(issue, prefix))
}

function problemsOfIssue(issue: z.core.$ZodIssue, prefix: readonly PropertyKey[]): Problem[] {
  const path = [...prefix, ...issue.path]
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const alternatives = issue.errors.map((issues) =>
      issues.flatMap((one) => problemsOfIssue(one, path)),
    )
    // The alternative that got deepest into the value, with the least wrong, is the one its author meant.
    const depth = (problems: Problem[]) =>
      Math.max(...problems.map((problem) => problem.path.split(/[.[]/).length))
    const isCloser = (one: Problem[], best: Problem[]) =>
      depth(one) === depth(best) ? one.length < best.length : depth(one) > depth(best)
    return alternatives.reduce((best, one) => (isCloser(one, best) ? one : best))
  }
  return [{ path: pathText(path), message: issue.message }]
}

/** `['rules', 0, 'then']` as `rules[0].then`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = ''
  for (const part of path) {
    text += typeof part === 'number' ? `[${part}]` : `${text === '' ? '' : '.'}${String(part)}`
  }
  return text
}
