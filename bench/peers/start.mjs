// Starts one peer with a canned answer to POST /router/rest, in this very process, and prints where it
// listens: `node start.mjs prism`.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { answer, contentType } from '../servers/answer.mjs'

const folder = mkdtempSync(join(tmpdir(), 'localtop-peer-'))
const file = (name, content) => {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(content))
  return path
}

const peers = {
  async mockttp() {
    const { getLocal } = await import('mockttp')
    const server = getLocal()
    await server.start()
    await server.forPost('/router/rest').thenReply(200, answer, {
      'content-type': contentType,
      // It sends the headers that it is given, and no others.
      'content-length': String(answer.length),
    })
    return server.port
  },

  /** It keeps what is posted, as its users know it, in a file. */
  async 'json-server'() {
    const { default: jsonServer } = await import('json-server')
    const app = jsonServer.create()
    app.use(jsonServer.bodyParser)
    app.use(jsonServer.rewriter({ '/router/rest': '/items' }))
    app.use(jsonServer.router(file('db.json', { items: [] })))
    return new Promise((resolve) => {
      const server = app.listen(0, '127.0.0.1', () => resolve(server.address().port))
    })
  },

  async prism() {
    const answers = {
      200: { description: 'ok', content: { [type]: { example: JSON.parse(answer) } } },
    }
    const form = { content: { 'application/x-www-form-urlencoded': { schema: {} } } }
    const document = file('openapi.json', {
      openapi: '3.0.3',
      info: { title: 'TOP', version: '1' },
      paths: { '/router/rest': { post: { requestBody: form, responses: answers } } },
    })
    return byCommand('@stoplight/prism-cli', 'dist/index.js', (port) => [
      'mock',
      '--port',
      port,
      '--host',
      '127.0.0.1',
      '--verboseLevel',
      'silent',
      document,
    ])
  },

  async mockoon() {
    const port = await freePort()
    const id = (n) => `00000000-0000-4000-8000-00000000000${n}`
    const response = {
      uuid: id(3),
      body: answer,
      latency: 0,
      statusCode: 200,
      label: '',
      bodyType: 'INLINE',
      headers: [{ key: 'Content-Type', value: contentType }],
      filePath: '',
      databucketID: '',
      sendFileAsBody: false,
      rules: [],
      rulesOperator: 'OR',
      disableTemplating: true,
      fallbackTo404: false,
      default: true,
      crudKey: 'id',
      callbacks: [],
    }
    const route = {
      uuid: id(2),
      type: 'http',
      documentation: '',
      method: 'post',
      endpoint: 'router/rest',
      responses: [response],
      responseMode: null,
      streamingMode: null,
      streamingInterval: 0,
    }
    const environment = file('mockoon.json', {
      uuid: id(1),
      lastMigration: 33,
      name: 'TOP',
      port,
      hostname: '127.0.0.1',
      endpointPrefix: '',
      latency: 0,
      routes: [route],
      rootChildren: [{ type: 'route', uuid: id(2) }],
      folders: [],
      proxyMode: false,
      proxyHost: '',
      proxyRemovePrefix: false,
      cors: false,
      headers: [],
      proxyReqHeaders: [],
      proxyResHeaders: [],
      data: [],
      callbacks: [],
      tlsOptions: {
        enabled: false,
        type: 'CERT',
        pfxPath: '',
        certPath: '',
        keyPath: '',
        caPath: '',
        passphrase: '',
      },
    })
    return byCommand(
      '@mockoon/cli',
      'bin/run.js',
      () => ['start', '--repair', '--disable-log-to-file', '--data', environment],
      port,
    )
  },
}

const type = 'application/json'

/** Runs the command of a package in this process, and waits until it answers. */
async function byCommand(name, script, args, given) {
  const port = given ?? (await freePort())
  const path = fileURLToPath(new URL(`node_modules/${name}/${script}`, import.meta.url))
  process.argv = [process.execPath, path, ...args(String(port))]
  // Its own words would be taken for the place where it listens.
  process.stdout.write = () => true
  console.log = () => undefined
  await import(path)
  while (!(await answersAt(port))) await new Promise((resolve) => setTimeout(resolve, 20))
  return port
}

const answersAt = (port) =>
  fetch(`http://127.0.0.1:${port}/router/rest`, {
    method: 'POST',
    body: new URLSearchParams({ a: '1' }),
  }).then(
    ({ status }) => status === 200,
    () => false,
  )

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

const [name] = process.argv.slice(2)
const write = process.stdout.write.bind(process.stdout)
const port = await peers[name]()
process.stdout.write = write
write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`)
