import type { Explanation } from '../protocol/errors.ts'
import { addParameter, type Parameters } from '../protocol/parameters.ts'
import { beginning, CallFormatError } from './call-format.ts'
import { explain } from './hypothesis.ts'
import { callOf, queryOf, type ReadCall } from './sent-call.ts'
import { curlWords } from './shell-words.ts'

/** Answers a file's bytes by its path, or `undefined` where it cannot be read. */
export type ReadFile = (path: string) => Uint8Array | undefined

/** Options that take a value, so that it is not taken for the URL. */
const withValue = new Set(
  `abstract-unix-socket alt-svc aws-sigv4 cacert capath cert cert-type ciphers config connect-timeout
  connect-to continue-at cookie cookie-jar create-file-mode crlfile curves data data-ascii data-binary
  data-raw data-urlencode delegation dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-url
  dump-header ech egd-file engine etag-compare etag-save expect100-timeout form form-string ftp-account
  ftp-alternative-to-user ftp-method ftp-port ftp-ssl-ccc-mode happy-eyeballs-timeout-ms haproxy-clientip
  header help hostpubmd5 hostpubsha256 hsts interface ip-tos ipfs-gateway json keepalive-cnt
  keepalive-time key key-type knownhosts krb libcurl limit-rate local-port login-options mail-auth
  mail-from mail-rcpt max-filesize max-redirs max-time netrc-file noproxy oauth2-bearer output output-dir
  parallel-max pass pinnedpubkey preproxy proto proto-default proto-redir proxy proxy-cacert proxy-capath
  proxy-cert proxy-cert-type proxy-ciphers proxy-crlfile proxy-header proxy-key proxy-key-type proxy-pass
  proxy-pinnedpubkey proxy-service-name proxy-tls13-ciphers proxy-tlsauthtype proxy-tlspassword
  proxy-tlsuser proxy-user proxy1.0 pubkey quote random-file range rate referer request request-target
  resolve retry retry-delay retry-max-time sasl-authzid service-name sigalgs socks4 socks4a socks5
  socks5-gssapi-service socks5-hostname speed-limit speed-time stderr telnet-option tftp-blksize
  time-cond tls-max tls13-ciphers tlsauthtype tlspassword tlsuser trace trace-ascii trace-config
  unix-socket upload-file url url-query user user-agent variable vlan-priority write-out`.split(
    /\s+/,
  ),
)

/** The long names of one-letter options; those that take a value are in {@link withValue}. */
const longNames: Readonly<Record<string, string>> = {
  A: 'user-agent',
  b: 'cookie',
  c: 'cookie-jar',
  C: 'continue-at',
  d: 'data',
  D: 'dump-header',
  e: 'referer',
  E: 'cert',
  F: 'form',
  G: 'get',
  h: 'help',
  H: 'header',
  I: 'head',
  K: 'config',
  m: 'max-time',
  o: 'output',
  P: 'ftp-port',
  Q: 'quote',
  r: 'range',
  t: 'telnet-option',
  T: 'upload-file',
  u: 'user',
  U: 'proxy-user',
  w: 'write-out',
  x: 'proxy',
  X: 'request',
  y: 'speed-time',
  Y: 'speed-limit',
  z: 'time-cond',
  ':': 'next',
}

interface Option {
  readonly name: string
  /** As it was written, for messages. */
  readonly written: string
  readonly value: string
}

/** The options of the first request, and what stands between them. */
function optionsOf(words: readonly string[]): {
  readonly options: readonly Option[]
  readonly urls: readonly string[]
} {
  const options: Option[] = []
  const urls: string[] = []
  let at = 0
  const valueFor = (written: string) => {
    const value = words[at++]
    if (value === undefined) {
      throw new CallFormatError(`${written} is the last word; expected its value behind it`)
    }
    return value
  }
  while (at < words.length) {
    const word = words[at++] as string
    if (word === '--') {
      urls.push(...words.slice(at))
      break
    }
    if (word.startsWith('--')) {
      const [, given = '', attached] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? []
      const name = fullName(given)
      if (name === 'next') break
      const value = withValue.has(name) ? (attached ?? valueFor(`--${given}`)) : ''
      options.push({ name, written: `--${given}`, value })
    } else if (word.startsWith('-') && word.length > 1) {
      for (let letter = 1; letter < word.length; letter++) {
        const short = word[letter] as string
        const name = Object.hasOwn(longNames, short) ? (longNames[short] as string) : ''
        if (name === 'next') return { options, urls }
        if (withValue.has(name)) {
          const attached = word.slice(letter + 1)
          options.push({
            name,
            written: `-${short}`,
            value: attached === '' ? valueFor(`-${short}`) : attached,
          })
          break
        }
        options.push({ name, written: `-${short}`, value: '' })
      }
    } else urls.push(word)
  }
  return { options, urls }
}

/** curl took unambiguous beginnings of long options for many years. */
function fullName(given: string): string {
  if (withValue.has(given)) return given
  const longer = [...withValue].filter((name) => name.startsWith(given))
  return given.length > 3 && longer.length === 1 && !given.startsWith('no-')
    ? (longer[0] as string)
    : given
}

/**
 * Reads a `curl` command as it is copied from a terminal, a script, a browser or Postman.
 *
 * @param readFile reads the files that the command names with `@`; without it they are not at hand
 * @returns `undefined` where the text has no curl command
 * @throws CallFormatError naming the option or the place that cannot be read
 */
export function readCurl(text: string, readFile: ReadFile = () => undefined): ReadCall | undefined {
  const command = curlWords(text)
  if (!command) return undefined
  const { options, urls } = optionsOf(command.words)
  const notes: Explanation[] = []
  if (command.bareAmpersand) {
    notes.push(
      explain(
        'The URL stands without quotes: a shell ends the command at its first &. It was read to its end here.',
        'URL 没有加引号：shell 会在第一个 & 处截断命令。此处按完整 URL 读取。',
      ),
    )
  }

  /** The file behind an `@`, which must be there because its text is part of the call. */
  function textOfFile(option: Option, path: string): string {
    const bytes = path === '-' ? undefined : readFile(path)
    if (bytes) return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
    const what = path === '-' ? 'standard input' : `the file ${path}`
    throw new CallFormatError(
      `${option.written} ${option.value}: it sends what ${what} holds, which is not at hand here; expected the text itself`,
    )
  }

  const data: string[] = []
  const parts: ((into: Parameters) => void)[] = []
  const queries: string[] = []
  let url = urls[0]
  let verb: string | undefined
  let isGet = false
  let isJson = false
  let contentType: string | undefined
  for (const option of options) {
    const { name, value } = option
    switch (name) {
      case 'data':
      case 'data-ascii':
        // curl takes line ends out of files, not out of texts.
        data.push(
          value.startsWith('@')
            ? textOfFile(option, value.slice(1)).replaceAll(/[\r\n\0]/g, '')
            : value,
        )
        break
      case 'data-binary':
        data.push(value.startsWith('@') ? textOfFile(option, value.slice(1)) : value)
        break
      case 'data-raw':
        data.push(value)
        break
      case 'json': {
        const piece = value.startsWith('@') ? textOfFile(option, value.slice(1)) : value
        // Several are one text, without the & that joins others.
        data.push((isJson ? (data.pop() ?? '') : '') + piece)
        isJson = true
        break
      }
      case 'data-urlencode':
        data.push(urlencoded(value, (path) => textOfFile(option, path)))
        break
      case 'url-query':
        queries.push(
          value.startsWith('+')
            ? value.slice(1)
            : urlencoded(value, (path) => textOfFile(option, path)),
        )
        break
      case 'form':
      case 'form-string':
        parts.push(partOf(option, notes, readFile, (path) => textOfFile(option, path)))
        break
      case 'get':
        isGet = true
        break
      case 'head':
        verb ??= 'HEAD'
        break
      case 'request':
        verb = value
        break
      case 'url':
        url ??= value
        break
      case 'header': {
        const type = /^content-type\s*[:;]\s*(.*)$/is.exec(value)?.[1]
        if (type !== undefined) contentType = type.trim()
        break
      }
      case 'config':
        notes.push(
          explain(
            `${option.written} ${value}: the options in this file were not read.`,
            `${option.written} ${value}：未读取该文件中的选项。`,
          ),
        )
        break
      case 'upload-file':
        throw new CallFormatError(
          `${option.written} ${value} sends a file as the body; expected a form (-d, --data-urlencode) or multipart (-F)`,
        )
    }
  }
  if (url === undefined && data.length === 0 && parts.length === 0) {
    throw new CallFormatError(
      `the curl command has neither a URL nor data: ${beginning(command.words.join(' '))}`,
    )
  }
  if (data.length > 0 && parts.length > 0) {
    throw new CallFormatError('-F goes with no -d, --data… or --json: curl sends one of them only')
  }
  const joined = data.join('&')
  const query = [queryOf(url ?? ''), ...queries, ...(isGet ? [joined] : [])]
    .filter((piece) => piece !== '')
    .join('&')
  const sendsBody = !isGet && (data.length > 0 || parts.length > 0)
  return callOf(
    'curl',
    {
      verb: verb ?? (sendsBody ? 'POST' : 'GET'),
      query,
      contentType: contentType ?? (isJson ? 'application/json' : ''),
      body: isGet || parts.length > 0 ? '' : joined,
      parts:
        parts.length > 0
          ? (into) => {
              for (const add of parts) add(into)
            }
          : undefined,
    },
    notes,
  )
}

/** `text`, `=text`, `name=text`, `@file`, `name@file`: the first = decides, then the first @. */
function urlencoded(value: string, textOfFile: (path: string) => string): string {
  const mark = value.includes('=') ? value.indexOf('=') : value.indexOf('@')
  if (mark < 0) return encode(value)
  const name = value.slice(0, mark)
  const rest = value.slice(mark + 1)
  const text = encode(value[mark] === '@' ? textOfFile(rest) : rest)
  return name === '' ? text : `${name}=${text}`
}

/** Half a character, which no UTF-8 can hold, becomes the replacement character as elsewhere. */
const encode = (text: string) => encodeURIComponent(Buffer.from(text).toString())

/** What a `-F name=value` adds. */
function partOf(
  option: Option,
  notes: Explanation[],
  readFile: ReadFile,
  textOfFile: (path: string) => string,
): (into: Parameters) => void {
  const { value, name: kind } = option
  const mark = value.indexOf('=')
  if (mark < 0) {
    throw new CallFormatError(`${option.written} ${value}: expected name=value or name=@file`)
  }
  const name = value.slice(0, mark)
  const content = value.slice(mark + 1)
  if (kind === 'form-string') return (into) => addParameter(into, name, content)
  const isFile = content.startsWith('@')
  const isText = content.startsWith('<')
  const { word, fileName } = partFields(isFile || isText ? content.slice(1) : content)
  if (isText) {
    const text = textOfFile(word)
    return (into) => addParameter(into, name, text)
  }
  if (!isFile) {
    return fileName === undefined
      ? (into) => addParameter(into, name, word)
      : (into) => addFile(into, name, fileName, Buffer.from(word))
  }
  const bytes = readFile(word)
  if (!bytes) {
    notes.push(
      explain(
        `The file ${word} of ${name} is not at hand. A file is not signed, so the right sign does not change; one made over its content is not recognised.`,
        `参数 ${name} 的文件 ${word} 不在手边。文件不参与签名，不影响正确的签名；但无法识别把文件内容也签进去的情况。`,
      ),
    )
  }
  return (into) => addFile(into, name, fileName ?? word, bytes ?? new Uint8Array())
}

function addFile(into: Parameters, name: string, fileName: string, bytes: Uint8Array) {
  into.files ??= Object.create(null) as NonNullable<Parameters['files']>
  if (name in into.files) {
    into.repeated ??= []
    into.repeated.push(name)
    return
  }
  into.files[name] = { fileName: fileName.split(/[/\\]/).at(-1) ?? '', contentType: '', bytes }
}

/** The text or path of a part, up to its `;type=…`; in quotes it may hold semicolons. */
function partFields(content: string): { readonly word: string; readonly fileName?: string } {
  const start = content.trimStart()
  // curl passes over what follows a closing quote.
  const quoted = /^"((?:[^"\\]|\\.)*)"/s.exec(start)
  const end = start.indexOf(';')
  const word = quoted
    ? (quoted[1] as string).replaceAll(/\\(["\\])/g, '$1')
    : start.slice(0, end < 0 ? undefined : end).trimEnd()
  const rest = start.slice(quoted ? quoted[0].length : word.length)
  const named = /;\s*filename=(?:"((?:[^"\\]|\\.)*)"|([^;]*))/.exec(rest)
  const fileName = named?.[1]?.replaceAll(/\\(["\\])/g, '$1') ?? named?.[2]?.trimEnd()
  return fileName === undefined ? { word } : { word, fileName }
}
