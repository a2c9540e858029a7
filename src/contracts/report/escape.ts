/** Text for HTML, in elements and in quoted attributes. */
export const html = (text: string): string =>
  printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')

/** Text for XML 1.0, which cannot hold control characters and lone surrogates however they are written. */
export const xml = (text: string): string => html(text.replaceAll(/\p{Surrogate}/gu, '?'))

/** Text for a Markdown table of GitHub's: nothing in it is markup, and it stays on one line. */
export const markdown = (text: string): string =>
  printable(text)
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/([\\`*_{}[\]()#+!|~@>-])/g, '\\$1')

/** Text for a terminal: what would move the cursor or change colours becomes a question mark. */
export const terminal = (text: string): string => printable(text).replaceAll(/\s+/g, ' ')

/** Control characters but tab and line ends, and what XML has no place for, become question marks. */
const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g, '?')
