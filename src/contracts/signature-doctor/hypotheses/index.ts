import type { Hypothesis } from '../hypothesis.ts'
import { digestHypotheses } from './digest.ts'
import { orderHypotheses } from './order.ts'
import { bodyAppended, parameterHypotheses } from './parameters.ts'
import { secretHypotheses } from './secret.ts'
import { textHypotheses } from './text.ts'
import { valueHypotheses } from './values.ts'

/**
 * Every way to sign wrongly that the doctor knows, the likeliest first: where two explain the same
 * bytes, the first is named.
 */
export const hypotheses: readonly Hypothesis[] = [
  ...digestHypotheses,
  ...secretHypotheses,
  ...orderHypotheses,
  ...parameterHypotheses,
  ...textHypotheses,
  bodyAppended,
  ...valueHypotheses,
]
