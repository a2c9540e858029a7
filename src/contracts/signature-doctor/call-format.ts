/** Where something stands in a text, both counted from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** What was given is no call that can be read; the message says what came, what was expected and where. */
export class CallFormatError extends Error {
  override readonly name = 'CallFormatError'
  readonly place: Place | undefined

  constructor(message: string, place?: Place) {
    super(place ? `line ${place.line}, column ${place.column}: ${message}` : message)
    this.place = place
  }
}

/** The place of a position in a text. */
export function placeOf(text: string, at: number): Place {
  const before = text.slice(0, at)
  return {
    line: before.split('\n').length,
    column: at - (before.lastIndexOf('\n') + 1) + 1,
  }
}

/** The beginning of a text, as a message quotes it. */
export function beginning(text: string): string {
  const flat = text.trim().replaceAll(/\s+/g, ' ')
  return JSON.stringify(flat.length > 40 ? `${flat.slice(0, 40)}…` : flat)
}
