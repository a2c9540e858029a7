// Writes the bill of materials (CycloneDX) of what is published: what an install brings along, and what lies in
// the bundles. The proxy's library is a development dependency and bundled, so `npm sbom --omit dev` lacks it.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')
const all = JSON.parse(
  execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx'], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  }),
)
const { metafile } = await build({
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  entryPoints: ['mockttp'],
  metafile: true,
  write: false,
  outdir: 'dist',
  logLevel: 'error',
})
const folders = Object.keys(metafile.inputs).flatMap(
  (file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? [],
)
/** Packages with something in the bundle, as the bill names them. */
const bundled = new Set(
  [...new Set(folders)].map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    return `${name}@${version}`
  }),
)
const isDevelopment = ({ properties = [] }) =>
  properties.some(({ name }) => name === 'cdx:npm:package:development')
const components = all.components.filter(
  (one) => !isDevelopment(one) || bundled.has(one['bom-ref']),
)
const self = all.metadata.component['bom-ref']
const refs = new Set([self, ...components.map((one) => one['bom-ref'])])
const bill = {
  ...all,
  metadata: { ...all.metadata, component: { ...all.metadata.component, name: 'localtop' } },
  components,
  dependencies: all.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((on) => refs.has(on)) })),
}
const missing = [...bundled].filter((ref) => !refs.has(ref))
if (missing.length > 0) throw new Error(`bundled, and not in the bill: ${missing.join(', ')}`)
writeFileSync(join(root, 'dist/sbom.cdx.json'), `${JSON.stringify(bill, null, 2)}\n`)
console.log(
  `dist/sbom.cdx.json: ${components.length} packages, ${bundled.size} of them in the proxy's bundle`,
)
