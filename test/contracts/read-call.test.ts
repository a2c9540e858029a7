import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CallFormatError, readCall, sign } from '../../src/contracts/index.ts'

/** What a call was read as, without what is not asked here. */
function read(text: string | Uint8Array, files: Readonly<Record<string, string>> = {}) {
  const call = readCall(text, (path) =>
    Object.hasOwn(files, path) ? Buffer.from(files[path] as string) : undefined,
  )
  return {
    kind: call.kind,
    params: { ...call.params },
    files: call.files?.map(({ name, fileName, bytes }) => ({
      name,
      fileName,
      text: Buffer.from(bytes).toString(),
    })),
    body: call.body,
    form: call.form,
    notes: call.notes.map(({ en }) => en),
  }
}
const paramsOf = (text: string, files?: Readonly<Record<string, string>>) =>
  read(text, files).params

/** The message of the refusal. */
function refusal(text: string): string {
  try {
    readCall(text)
  } catch (error) {
    expect(error).toBeInstanceOf(CallFormatError)
    return (error as Error).message
  }
  throw new Error(`it was read: ${text}`)
}

const gateway = 'http://127.0.0.1:7070/router/rest'

describe('a curl command of a POSIX shell', () => {
  it.each([
    ['-d', `curl ${gateway} -d 'a=1&b=%E6%89%8B'`],
    ['-d without a blank', `curl -d'a=1&b=%E6%89%8B' ${gateway}`],
    ['several -d', `curl ${gateway} -d a=1 -d 'b=手'`],
    ['--data-raw', `curl ${gateway} --data-raw 'a=1&b=手'`],
    ['--data-binary and --data-ascii', `curl --data-binary a=1 --data-ascii b=手 ${gateway}`],
    ['--data-urlencode name=value', `curl ${gateway} --data-urlencode a=1 --data-urlencode 'b=手'`],
    ['an attached value', `curl --data=a=1 --data-urlencode=b=手 ${gateway}`],
    ['the query', `curl '${gateway}?a=1&b=%E6%89%8B#fragment'`],
    ['--url', `curl --url '${gateway}?a=1&b=手'`],
    ['query and form', `curl '${gateway}?a=1' -d b=手`],
    ['-G', `curl -G ${gateway} -d a=1 --data-urlencode b=手`],
    ['-G beside a query', `curl --get '${gateway}?a=1' --data-urlencode b=手`],
    ['--url-query', `curl ${gateway}?a=1 --url-query b=手`],
    ['double quotes', `curl "${gateway}" -d "a=1&b=手"`],
    ['an address without a scheme', 'curl "127.0.0.1:7070/router/rest?a=1&b=手"'],
    ['continuations', `curl -s \\\n  ${gateway} \\\n  -d a=1 \\\n  -d b=手\n`],
    [
      'continuations of a file from Windows',
      `curl -s \\\r\n  ${gateway} \\\r\n  -d a=1 -d b=手\r\n`,
    ],
    [
      'a blank behind a backslash, as copying leaves it',
      `curl ${gateway} \\ \n -d a=1 \\\t\n -d b=手`,
    ],
    ['lost backslashes', `curl ${gateway}\n  -d a=1\n  -d b=手`],
    ['continuations of PowerShell', `curl.exe ${gateway} \`\n  -d a=1 \`\n  -d b=手`],
    ['a prompt before it', `$ curl ${gateway} -d a=1 -d b=手`],
    ["root's prompt before it", `root@shop:~# curl ${gateway} -d a=1 -d b=手`],
    ['sudo, a path, an environment', `NO_PROXY=* sudo /usr/bin/curl ${gateway} -d a=1 -d b=手`],
    ['a substitution round it', `answer=$(curl -s ${gateway} -d a=1 -d b=手) || exit 1`],
    ['a quoted substitution round it', `answer="$(curl -s ${gateway} -d a=1 -d b='手')"`],
    ['a pipe behind it', `curl ${gateway} -d a=1 -d b=手 | jq .error_response.code`],
    ['redirections', `curl ${gateway} -d a=1 2>/dev/null > out.json -d b=手 2>&1`],
    ['a comment behind it', `curl ${gateway} -d a=1 -d b=手 # publishes\n`],
    [
      'a script round it',
      `#!/bin/sh\n# uses curl -s to call\nset -e\ncurl ${gateway} -d a=1 -d b=手\necho done\n`,
    ],
    [
      'options that take values',
      `curl -sS -m 5 -A shop/1 -o x.json -u me:pw -x proxy:1 --retry 3 -b 'c=d' -e http://r ${gateway} -d a=1 -d b=手`,
    ],
    ['a cluster that ends in -X', `curl -sSLXPOST ${gateway} -d a=1 -d b=手`],
    [
      'options it does not know',
      `curl --compressed --http2-magic --no-buffer -k ${gateway} -d a=1 -d b=手`,
    ],
    ['a shortened option', `curl ${gateway} --data-url a=1 --data-url b=手`],
    ['--next behind it', `curl ${gateway} -d a=1 -d b=手 --next http://other -d c=3`],
    ['-X GET that sends a query', `curl -X GET '${gateway}?a=1&b=手'`],
    [
      'a type of its own',
      `curl ${gateway} -H 'content-type:  application/x-www-form-urlencoded;charset=utf-8' -d a=1 -d b=手`,
    ],
    ['variables set before it', `A=1\nexport B='手'\ncurl ${gateway} -d "a=$A" -d b=\${B}`],
    ['multipart', `curl ${gateway} -F a=1 --form 'b=手;type=text/plain'`],
    ['--form-string', `curl ${gateway} --form-string a=1 --form-string b=手`],
  ])('is read: %s', (_, command) => {
    expect(read(command)).toMatchObject({ kind: 'curl', params: { a: '1', b: '手' }, notes: [] })
    expect(Object.keys(paramsOf(command)).sort()).toEqual(['a', 'b'])
  })

  it('is read as browsers copy it', () => {
    const chrome = `curl '${gateway}?method=taobao.time.get' \\
  -H 'accept: */*' \\
  -H 'content-type: application/x-www-form-urlencoded;charset=UTF-8' \\
  -b 'cna=x; t=y' \\
  --data-raw $'title=it\\'s+\\u0021%0A\\u65b0&desc=\\xe6\\x89\\x8b\\346\\234\\272\\n' \\
  --compressed --insecure`
    expect(paramsOf(chrome)).toEqual({
      method: 'taobao.time.get',
      title: "it's !\n新",
      desc: '手机\n',
    })
  })

  it('is read as a browser copies a multipart form', () => {
    const copied = `curl '${gateway}' -H 'content-type: multipart/form-data; boundary=----WebKitFormBoundaryX' --data-raw $'------WebKitFormBoundaryX\\r\\nContent-Disposition: form-data; name="title"\\r\\n\\r\\n手机\\r\\n------WebKitFormBoundaryX\\r\\nContent-Disposition: form-data; name="image"; filename="a.png"\\r\\nContent-Type: image/png\\r\\n\\r\\n\\r\\n------WebKitFormBoundaryX--\\r\\n'`
    expect(read(copied)).toMatchObject({
      params: { title: '手机' },
      files: [{ name: 'image', fileName: 'a.png' }],
      body: '',
    })
  })

  it('is read as Postman writes it', () => {
    const postman = `curl --location --request POST '${gateway}' \\
--header 'Content-Type: multipart/form-data' \\
--form 'title="a \\"good\\"; phone"' \\
--form 'image=@"/C:/pictures/a b.jpg"'`
    const { params, files, notes } = read(postman)
    expect(params).toEqual({ title: 'a "good"; phone' })
    expect(files).toEqual([{ name: 'image', fileName: 'a b.jpg', text: '' }])
    expect(notes).toEqual([expect.stringContaining('/C:/pictures/a b.jpg of image is not at hand')])
  })

  it('keeps what single quotes hold, to the byte', () => {
    expect(paramsOf(`curl ${gateway} --data-urlencode 'x=$HOME \`id\` \\n "q" & ; | # !'`)).toEqual(
      {
        x: '$HOME `id` \\n "q" & ; | # !',
      },
    )
    expect(paramsOf(`curl ${gateway} --data-urlencode 'x=it'\\''s'`)).toEqual({ x: "it's" })
  })

  it('keeps and undoes in double quotes what a shell does', () => {
    expect(paramsOf(`curl ${gateway} --data-urlencode "x=\\$5 \\"q\\" \\n \\\\ it's"`)).toEqual({
      x: '$5 "q" \\n \\ it\'s',
    })
  })

  it.each([
    ['text', 'x=1', { x: '1' }],
    ['=text, which is sent encoded and without a name', '=a=b', { 'a=b': '' }],
    ['text without a =', 'a b', { 'a b': '' }],
    ['name=text with = and @ in it', 'mail=a@b.c=d', { mail: 'a@b.c=d' }],
    ['name@file', 'desc@desc.txt', { desc: '第一行\n&=+%' }],
    ['@file', '@desc.txt', { '第一行\n&=+%': '' }],
  ])('--data-urlencode: %s', (_, value, expected) => {
    expect(
      paramsOf(`curl ${gateway} --data-urlencode '${value}'`, { 'desc.txt': '第一行\n&=+%' }),
    ).toEqual(expected)
  })

  it('reads the files that it is given: -d loses line ends, --data-binary keeps them', () => {
    const files = { 'form.txt': 'a=1\r\n&b=2\n', 'a.png': 'PNG' }
    expect(paramsOf(`curl ${gateway} -d @form.txt`, files)).toEqual({ a: '1', b: '2' })
    expect(paramsOf(`curl ${gateway} --data-binary @form.txt`, files)).toEqual({
      a: '1\r\n',
      b: '2\n',
    })
    expect(paramsOf(`curl ${gateway} --data-raw @form.txt`, files)).toEqual({ '@form.txt': '' })
    expect(
      read(`curl ${gateway} -F 'image=@a.png;type=image/png' -F 'x=<a.png'`, files),
    ).toMatchObject({
      params: { x: 'PNG' },
      files: [{ name: 'image', fileName: 'a.png', text: 'PNG' }],
      notes: [],
    })
  })

  it('takes the file name from -F', () => {
    expect(
      read(`curl ${gateway} -F 'image=@/tmp/x;type=image/png;filename="b;c.png"'`).files,
    ).toEqual([{ name: 'image', fileName: 'b;c.png', text: '' }])
  })

  it('keeps a JSON body as it is, because it is signed', () => {
    const body = '{"items": [1, 2]}'
    expect(
      read(`curl '${gateway}?a=1' -H 'Content-Type: application/json' -d '${body}'`),
    ).toMatchObject({ params: { a: '1' }, body, form: 'a=1' })
    expect(read(`curl '${gateway}?a=1' --json '{"items":' --json ' [1, 2]}'`)).toMatchObject({
      params: { a: '1' },
      body,
    })
  })

  it('keeps the form as it travelled', () => {
    expect(read(`curl ${gateway} -d 'a=1%2B+2' -d b=`).form).toBe('a=1%2B+2&b=')
    expect(read(`curl '${gateway}?a=%7e'`).form).toBe('a=%7e')
  })

  it('says when the URL stands without quotes, and reads it to its end', () => {
    const { params, notes } = read(`curl ${gateway}?a=1&b=2&sign=X`)
    expect(params).toEqual({ a: '1', b: '2', sign: 'X' })
    expect(notes).toEqual([expect.stringContaining('without quotes')])
  })

  it("says that a GET's body is not read", () => {
    const { params, notes } = read(`curl -X GET '${gateway}?a=1' -d b=2`)
    expect(params).toEqual({ a: '1' })
    expect(notes).toEqual([expect.stringContaining('The verb is GET')])
  })

  it('takes the first of what came twice, and says so', () => {
    const { params, notes } = read(`curl '${gateway}?a=1' -d a=2`)
    expect(params).toEqual({ a: '1' })
    expect(notes).toEqual(['"a" came more than once; the first one counts.'])
  })

  it('says that a parameter is not UTF-8', () => {
    expect(read(`curl ${gateway} -d title=%CA%D6`).notes).toEqual([
      expect.stringContaining('is not UTF-8'),
    ])
  })
})

describe("a curl command of Windows' cmd", () => {
  it('is read as people write it', () => {
    expect(
      paramsOf(
        `curl "${gateway}?a=1&b=2" ^\r\n  -H "x: y" ^\r\n  -d "title=a ""good"" ^ \\"one\\"&n=%25"\r\n`,
      ),
    ).toEqual({ a: '1', b: '2', title: 'a "good" ^ "one"', n: '%' })
  })

  it('is read as Chrome copies it', () => {
    const chrome = [
      `curl ^"${gateway}?a=1^&b=2^" ^`,
      '  -H ^"content-type: application/x-www-form-urlencoded^" ^',
      '  --data-raw ^"title=^%^E6^%^89^%^8B^&json=^{^\\^"a^\\^":^\\^"C:^\\^\\x^\\^"^}^&two=1^',
      '',
      '2^"',
    ].join('\r\n')
    expect(paramsOf(chrome)).toEqual({
      a: '1',
      b: '2',
      title: '手',
      json: '{"a":"C:\\x"}',
      two: '1\n2',
    })
  })

  it('leaves backslashes that no quote follows', () => {
    expect(paramsOf(`curl ${gateway} ^\n -d "path=C:\\a\\b" ^\n -d "end=x\\\\"`)).toEqual({
      path: 'C:\\a\\b',
      end: 'x\\',
    })
  })
})

describe('a curl command that cannot be read', () => {
  it.each([
    [
      'a quote that is not closed',
      `curl ${gateway} \\\n  -d 'a=1`,
      /^line 2, column 6: the quote ' /,
    ],
    ['a double quote that is not closed', `curl "${gateway}`, /^line 1, column 6: the quote " /],
    ["a $' that is not closed", `curl ${gateway} -d $'a\\'`, /the quote \$' that opens here/],
    ['a quote of cmd that is not closed', `curl ^\n "${gateway}`, /the quote " that opens here/],
    [
      'a variable without a value',
      `curl ${gateway} -d "sign=$SIGN"`,
      /in place of \$SIGN, .*set -x/,
    ],
    ['a substitution', `curl ${gateway} -d "sign=$(sign a)"`, /works out \$\(… itself/],
    ['a substitution in backticks', `curl ${gateway} -d t=\`date\``, /between ` and `/],
    ['an option without its value', `curl ${gateway} -d`, /^-d is the last word/],
    [
      'a file that is not at hand',
      `curl ${gateway} -d @form.txt`,
      /^-d @form\.txt: .*file form\.txt holds/,
    ],
    [
      'a file to be encoded',
      `curl ${gateway} --data-urlencode d@d.html`,
      /^--data-urlencode d@d\.html: /,
    ],
    ['standard input', `curl ${gateway} --data-binary @-`, /standard input holds/],
    ['a file in place of a form', `curl -T call.bin ${gateway}`, /^-T call\.bin sends a file/],
    ['-F without a =', `curl ${gateway} -F title`, /^-F title: expected name=value/],
    ['-F beside -d', `curl ${gateway} -F a=1 -d b=2`, /^-F goes with no -d/],
    ['neither URL nor data', 'curl -s -v', /neither a URL nor data/],
  ])('says which part: %s', (_, command, message) => {
    expect(refusal(command)).toMatch(message)
  })
})

describe('a URL', () => {
  it.each([
    `${gateway}?a=1&b=%E6%89%8B+%2B`,
    'https://eco.taobao.com/router/rest?a=1&b=手+%2B#x',
    '127.0.0.1:7070/router/rest?a=1&b=手+%2B',
    'localhost:7070?a=1&b=手+%2B',
    '/router/rest?a=1&b=手+%2B',
    '?a=1&b=手+%2B',
    ` ${gateway}?a=1&b=手+%2B \n`,
  ])('is read: %s', (url) => {
    expect(read(url)).toMatchObject({ kind: 'url', params: { a: '1', b: '手 +' } })
  })

  it('is refused without a query', () => {
    expect(refusal(gateway)).toContain('has no query')
  })
})

describe('an HTTP request', () => {
  const lines = (...text: readonly string[]) => text.join('\r\n')
  const post = [
    'POST /router/rest?a=1 HTTP/1.1',
    'Host: gw.api.taobao.com',
    'Content-Type: application/x-www-form-urlencoded; charset=utf-8',
  ]
  const form = 'b=%E6%89%8B&c='

  it.each([
    ['with CRLF', lines(...post, `Content-Length: ${form.length}`, '', form)],
    ['with LF', [...post, '', form].join('\n')],
    [
      'with a line end of the file behind it',
      lines(...post, `Content-Length: ${form.length}`, '', form, ''),
    ],
    ['with a line end and no length', lines(...post, '', form, '')],
    ['without the empty line', lines(...post, form)],
    [
      'in chunks',
      lines(
        ...post,
        'Transfer-Encoding: chunked',
        '',
        '3',
        'b=%',
        'b;x=y',
        form.slice(3),
        '0',
        '',
        '',
      ),
    ],
    [
      'in chunks with LF',
      [...post, 'transfer-encoding: Chunked', '', 'e', form, '0', ''].join('\n'),
    ],
    ['in chunks that were put together', lines(...post, 'Transfer-Encoding: chunked', '', form)],
    [
      'to an absolute address',
      lines('POST http://gw.api.taobao.com/router/rest?a=1 HTTP/1.1', '', form),
    ],
    ['of HTTP/2', lines('POST /router/rest?a=1 HTTP/2', 'host: x', '', form)],
    ['without a version', lines('POST /router/rest?a=1', '', form)],
    ['as a request line only', 'GET /router/rest?a=1&b=手&c= HTTP/1.1'],
    ['as a request line that was written by hand', 'GET /router/rest?a=1&b=%E6%89%8B&c='],
    ['with blank lines before it', `\r\n\n${lines(...post, '', form)}`],
  ])('is read %s', (_, raw) => {
    expect(read(raw)).toMatchObject({
      kind: 'raw',
      params: { a: '1', b: '手', c: '' },
      body: '',
      notes: [],
    })
  })

  const multipart = (body: readonly (string | Uint8Array)[]) =>
    Buffer.concat([
      Buffer.from(
        lines(
          'POST /router/rest HTTP/1.1',
          'Content-Type: multipart/form-data; boundary=X',
          '',
          '',
        ),
      ),
      ...body.map((piece) => Buffer.from(piece as Uint8Array)),
    ])

  it('keeps the bytes of files', () => {
    const picture = Uint8Array.from({ length: 256 }, (_, at) => at)
    const raw = multipart([
      '--X\r\nContent-Disposition: form-data; name="title"\r\n\r\n手机\r\n',
      '--X\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n',
      picture,
      '\r\n--X--\r\n',
    ])
    const call = readCall(raw)
    expect({ ...call.params }).toEqual({ title: '手机' })
    expect(call.files).toHaveLength(1)
    expect([...(call.files?.[0]?.bytes ?? [])]).toEqual([...picture])
  })

  it('keeps a JSON body, up to its length', () => {
    const body = '{"a": "手"}'
    const raw = lines(
      'POST /router/rest?a=1 HTTP/1.1',
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
      '',
      `${body}\n`,
    )
    expect(read(raw)).toMatchObject({ params: { a: '1' }, body })
  })

  it('says that a part of the body is missing', () => {
    const raw = lines(...post, 'Content-Length: 500', '', form)
    expect(read(raw).notes).toEqual([
      expect.stringContaining('has 14 bytes and Content-Length says 500'),
    ])
  })

  it('names the line that is no header', () => {
    expect(refusal(lines(...post, 'this is nothing', '', form))).toBe(
      'line 4, column 1: "this is nothing" is no header; expected "Name: value", or an empty line before the body',
    )
  })
})

describe('JSON', () => {
  const flat = { method: 'taobao.item.add', num: 100, has_invoice: true, sign: 'X' }
  const texts = { method: 'taobao.item.add', num: '100', has_invoice: 'true', sign: 'X' }

  it.each([
    ['an object of parameters', flat],
    ['params', { params: flat }],
    ['form', { form: 'method=taobao.item.add&num=100&has_invoice=true&sign=X' }],
    ['url', { url: `${gateway}?method=taobao.item.add&num=100&has_invoice=true&sign=X` }],
    [
      'curl',
      { curl: `curl ${gateway} -d 'method=taobao.item.add&num=100' -d 'has_invoice=true&sign=X'` },
    ],
    [
      'raw',
      {
        raw: 'POST /router/rest?num=100 HTTP/1.1\n\nmethod=taobao.item.add&has_invoice=true&sign=X',
      },
    ],
    [
      'an entry of a HAR file',
      {
        startedDateTime: 'x',
        request: {
          method: 'POST',
          url: `${gateway}?num=100`,
          headers: [{ name: 'Content-Type', value: 'application/x-www-form-urlencoded' }],
          postData: { mimeType: 'x', text: 'method=taobao.item.add&has_invoice=true&sign=X' },
        },
      },
    ],
    [
      'a HAR file whose last signed request it is',
      {
        log: {
          entries: [
            { request: { method: 'GET', url: `${gateway}?sign=OLD`, headers: [] } },
            {
              request: {
                method: 'POST',
                url: `${gateway}?num=100`,
                headers: [{ name: 'content-type', value: 'multipart/form-data; boundary=x' }],
                postData: {
                  params: [
                    { name: 'method', value: 'taobao.item.add' },
                    { name: 'has_invoice', value: 'true' },
                    { name: 'sign', value: 'X' },
                    { name: 'image', fileName: 'a.png' },
                  ],
                },
              },
            },
            { request: { method: 'GET', url: 'http://other/', headers: [] } },
          ],
        },
      },
    ],
  ])('is read: %s', (_, value) => {
    expect(paramsOf(JSON.stringify(value, null, 2))).toEqual(texts)
  })

  it('keeps identifiers beyond 2^53 that were written as numbers', () => {
    expect(paramsOf('{"num_iid": 9007199254740993, "sign": "X"}').num_iid).toBe('9007199254740993')
  })

  it('takes a parameter that is called url, or params, for a parameter', () => {
    const shop = { app_key: '1', url: 'http://shop', curl: 'no', sign: 'X' }
    expect(paramsOf(JSON.stringify(shop))).toEqual(shop)
  })

  it('has files as text or base64, a body and a secret', () => {
    const given = {
      params: { sign: 'X' },
      files: [
        { name: 'a', text: '手' },
        { name: 'b', fileName: 'b.png', base64: 'iVBO' },
      ],
      body: '{}',
      appSecret: 'sesame',
    }
    const call = readCall(JSON.stringify(given))
    expect(call).toMatchObject({ body: '{}', appSecret: 'sesame' })
    expect(call.files).toEqual([
      { name: 'a', fileName: 'a', bytes: Buffer.from('手') },
      { name: 'b', fileName: 'b.png', bytes: Buffer.from('iVBO', 'base64') },
    ])
  })

  it.each([
    [
      'a comma that is missing',
      '{\n  "a": "1"\n  "b": "2"\n}',
      /^line 3, column 3: this is no JSON: /,
    ],
    ['an end that is missing', '{"a": "1"', /^line 1, column 10: this is no JSON: /],
    [
      'a value that is missing',
      '{"a":\n }',
      /^line 2, column 2: this is no JSON: Unexpected token '}'$/,
    ],
    ['a list', '[{"a":1}]', /^it is a list; expected an object of parameters/],
    [
      'a parameter that is no text',
      '{"sign":"X","a":{"b":1}}',
      /^a: expected text, .* \{"b":1\} came$/,
    ],
    ['null', '{"params":{"a":null}}', /^params\.a: expected text, .* null came$/],
    [
      'two forms at once',
      '{"curl":"curl x","url":"y"}',
      /^expected exactly one of params, curl, url, raw, form$/,
    ],
    ['files beside a URL', `{"url":"${gateway}?a=1","files":[]}`, /^files and body go with params/],
    [
      'a file without content',
      '{"params":{},"files":[{"name":"a"}]}',
      /^files\[0\]: expected exactly one of text, base64$/,
    ],
    ['a key that is none', '{"params":{},"secret":"x"}', /Unrecognized key: "secret"/],
    [
      'a curl text without curl',
      '{"curl":"wget x"}',
      /^curl: there is no curl command in "wget x"$/,
    ],
    [
      'a HAR file without a sign',
      '{"log":{"entries":[]}}',
      /has 0 requests and none of them carries a sign/,
    ],
  ])('says what is wrong: %s', (_, text, message) => {
    expect(refusal(text)).toMatch(message)
  })
})

describe('a form', () => {
  it('is read as it stands', () => {
    expect(read('a=1&b=%E6%89%8B+%2B&c=\n')).toMatchObject({
      kind: 'form',
      params: { a: '1', b: '手 +', c: '' },
      form: 'a=1&b=%E6%89%8B+%2B&c=',
    })
  })
})

describe('bytes of a file', () => {
  it.each([
    ['UTF-8', Buffer.from('a=手')],
    ['UTF-8 with a byte order mark', Buffer.from('\uFEFFa=手')],
    ['UTF-16, as PowerShell writes it', Buffer.from('\uFEFFa=手\r\n', 'utf16le')],
  ])('are read as %s', (_, bytes) => {
    expect(read(bytes).params).toEqual({ a: '手' })
  })
})

describe('what is no call', () => {
  it.each([
    ['nothing', ' \n ', /^nothing came; expected a curl command/],
    ['prose', 'please help me with my signature', /^it begins with "please help me/],
    ['a lone word', 'hello', /^it begins with "hello"; expected a curl command, a URL/],
  ])('is named: %s', (_, text, message) => {
    expect(refusal(text)).toMatch(message)
  })

  it('never leads to anything but CallFormatError', () => {
    const fragment = fc.constantFrom(
      'curl ',
      `${gateway}?`,
      "'",
      '"',
      "$'",
      '\\',
      '\\\n',
      '^',
      '^"',
      '\n',
      '\r\n',
      ' -d ',
      ' -F ',
      '@x',
      '&',
      '=',
      '%',
      '%E6',
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      'POST / HTTP/1.1',
      'sign',
      '手',
      '\ud800',
      '$(',
      '`',
      ';',
      '"params"',
    )
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fragment, fc.string({ maxLength: 5 })), { maxLength: 12 }),
        (parts) => {
          try {
            readCall(parts.join(''))
          } catch (error) {
            expect(error).toBeInstanceOf(CallFormatError)
          }
        },
      ),
      { numRuns: 2000 },
    )
  })
})

describe('whatever was sent is read back', () => {
  /** Any text that UTF-8 can hold and a shell can hand over. */
  const value = fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => !text.includes('\0'))
  const nasty = fc
    .array(
      fc.constantFrom(
        "'",
        '"',
        '\\',
        '$',
        '`',
        '!',
        '\n',
        '\r',
        '\t',
        ' ',
        '&',
        '=',
        '%',
        '+',
        '#',
        '@',
        ';',
        '^',
        '手',
        '😀',
        'x',
        '1',
        '{',
        '*',
        '~',
        '\x1b',
      ),
      { maxLength: 12 },
    )
    .map((chars) => chars.join(''))
  const name = fc.stringMatching(/^[a-z_][a-z0-9_.]{0,9}$/)
  const params = fc.dictionary(name, fc.oneof(value, nasty), { minKeys: 1, maxKeys: 6 })

  const quotes: Readonly<Record<string, (text: string) => string>> = {
    single: (text) => `'${text.replaceAll("'", `'\\''`)}'`,
    double: (text) => `"${text.replaceAll(/[\\"$`]/g, '\\$&')}"`,
    ansi: (text) =>
      `$'${text.replaceAll(/[\\'!]|[^ -~]/gu, (char) => {
        const units = Array.from({ length: char.length }, (_, at) => char.charCodeAt(at))
        return `\\'"`.includes(char)
          ? `\\${char}`
          : units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
      })}'`,
    bytes: (text) =>
      `$'${[...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}'`,
    // Without a line break, which a backslash would take away.
    backslash: (text) =>
      text.includes('\n') ? (quotes.single?.(text) ?? '') : text.replaceAll(/[^\w手]/gu, '\\$&'),
  }
  const toCurl = (sent: Readonly<Record<string, string>>, quote: (text: string) => string) =>
    [
      `curl -s ${quote(gateway)}`,
      ...Object.entries(sent).map(([key, text]) => `--data-urlencode ${quote(`${key}=${text}`)}`),
    ].join(' \\\n  ')

  it.each(Object.keys(quotes))('through curl with %s quotes', (kind) => {
    fc.assert(
      fc.property(params, (sent) => {
        expect(paramsOf(toCurl(sent, quotes[kind] as (text: string) => string))).toEqual(sent)
      }),
    )
  })

  it('through a URL, a form, a raw request and JSON', () => {
    fc.assert(
      fc.property(params, (sent) => {
        const form = new URLSearchParams(sent).toString()
        expect(paramsOf(`${gateway}?${form}`)).toEqual(sent)
        expect(paramsOf(form)).toEqual(sent)
        expect(
          paramsOf(`POST /router/rest HTTP/1.1\r\nContent-Length: ${form.length}\r\n\r\n${form}`),
        ).toEqual(sent)
        expect(paramsOf(JSON.stringify({ params: sent }))).toEqual(sent)
      }),
    )
  })

  it('so that a right sign stays right', () => {
    fc.assert(
      fc.property(params, (sent) => {
        const signed = { ...sent, sign: sign(sent, 'helloworld', 'md5') }
        const { params: back } = readCall(toCurl(signed, quotes.single as (text: string) => string))
        expect(sign(back, 'helloworld', 'md5')).toBe(back.sign)
      }),
    )
  })
})
