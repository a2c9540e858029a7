// Does what the Dockerfile says in an empty folder, without Docker: copies, runs, starts the entry point as
// its user, asks the health check, and stops it. For machines without a daemon; wants root, as a build does.
// With --reuse what `npm ci` has installed in the checkout is linked instead of installed once more.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readStartScreen } from './start-screen.mjs'

const root = join(import.meta.dirname, '..')
if (process.getuid?.() !== 0) {
  console.error(
    'test:docker runs the steps of the Dockerfile, which belong to root: start it as root',
  )
  process.exit(1)
}

/** The port of the image may be taken here. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

const reuse = process.argv.includes('--reuse')
const port = await freePort()
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8').replaceAll('7070', String(port))
const folder = mkdtempSync(join(tmpdir(), 'localtop-docker-'))
// The user of the image has to get there.
chmodSync(folder, 0o755)

/** Where a path of the image is; every stage has a file system of its own. */
const inStage = (stage, path) => join(folder, String(stage), path)
const stages = new Map()
let stage = -1
let workdir = '/'
let user
let health
let entry

const steps = {
  FROM(rest) {
    stage++
    const [, name = String(stage)] = /\bAS (\S+)$/i.exec(rest) ?? []
    stages.set(name, stage)
  },
  WORKDIR(rest) {
    workdir = rest
    mkdirSync(inStage(stage, workdir), { recursive: true })
  },
  COPY(rest) {
    const [, name, from, to] = /^(?:--from=(\S+) )?(\S+) (\S+)$/.exec(rest)
    const target = join(inStage(stage, workdir), to)
    if (name !== undefined)
      return cpSync(inStage(stages.get(name), from), target, { recursive: true })
    // What git has is what a clean checkout has; .dockerignore leaves out the rest.
    const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
      cwd: root,
    })
    for (const file of String(files).split('\0').filter(Boolean))
      cpSync(join(root, file), join(target, file), { recursive: true })
  },
  RUN(rest) {
    const installs = reuse && rest === 'npm ci'
    const command = installs
      ? `cp -al "${root}/node_modules" . || cp -a "${root}/node_modules" .`
      : rest
    execFileSync('sh', ['-ec', command], {
      cwd: inStage(stage, workdir),
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  },
  USER(rest) {
    const [uid, gid] = rest.split(':').map(Number)
    user = { uid, gid }
  },
  HEALTHCHECK(rest) {
    health = JSON.parse(rest.slice(rest.indexOf('CMD ') + 4))
  },
  ENTRYPOINT(rest) {
    entry = JSON.parse(rest)
  },
  VOLUME() {},
  EXPOSE() {},
}

try {
  for (const line of dockerfile.split('\n').filter((one) => one !== '' && !one.startsWith('#'))) {
    const [name] = line.split(' ', 1)
    if (!(name in steps)) throw new Error(`${name}: this script knows no such step`)
    console.log(line.slice(0, 90))
    steps[name](line.slice(name.length + 1))
  }
  await start()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function start() {
  const cwd = inStage(stage, workdir)
  const [command, ...args] = entry
  const env = { PATH: process.env.PATH, HOME: '/' }
  const gateway = spawn(command, args, { cwd, env, ...user, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(gateway, 'exit')
  try {
    const { screen, curl } = await readStartScreen(gateway)
    const isHealthy = () =>
      spawnSync(health[0], health.slice(1), { cwd, env, ...user }).status === 0
    if (!isHealthy()) throw new Error(`the health check fails:\n${screen}`)
    const pasted = String(execFileSync('sh', ['-c', curl]))
    if (!pasted.startsWith('{"item_add_response"')) throw new Error(pasted)
    const refused = await fetch(`http://127.0.0.1:${port}/_localtop/snapshot`)
    if (refused.status !== 403) throw new Error(`without a token: ${refused.status}`)
    gateway.kill('SIGTERM')
    const [status] = await ended
    if (status !== 0) throw new Error(`stopped with ${status}`)
    if (isHealthy()) throw new Error('the health check passes though nothing runs')
  } finally {
    gateway.kill('SIGKILL')
  }
  console.log(
    'started as its user, healthy, published an item, refused without the token, stopped: ok',
  )
}
