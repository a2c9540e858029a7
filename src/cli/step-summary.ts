import { appendFileSync } from 'node:fs'

/** Adds Markdown to the summary of the GitHub step that this runs in; nothing elsewhere. */
export function addToStepSummary(markdown: () => string): void {
  const file = process.env.GITHUB_STEP_SUMMARY
  if (file) appendFileSync(file, markdown())
}
