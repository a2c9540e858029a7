import { HTTPException } from 'hono/http-exception'

export const notFound = (message: string) => new HTTPException(404, { message })
export const badRequest = (message: string) => new HTTPException(400, { message })

/** A query parameter that is a whole number. @throws HTTPException */
export function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,9}$/.test(text)) throw badRequest(`${name} was "${text}"; expected a whole number`)
  return Number(text)
}

/** A query parameter that is one of a few words. @throws HTTPException */
export function oneOf<T extends string>(
  name: string,
  text: string | undefined,
  words: readonly T[],
): T | undefined {
  if (text === undefined) return undefined
  const word = words.find((one) => one === text)
  if (!word) throw badRequest(`${name} was "${text}"; expected one of ${words.join(', ')}`)
  return word
}
