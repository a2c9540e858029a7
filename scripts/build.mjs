// Bundles the package: one file for the command, shared chunks for the library's entry points.
import { chmod, copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')
const outdir = join(root, 'dist')
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  logLevel: 'warning',
  legalComments: 'none',
}

const banner = {
  js: [
    "import { createRequire as localtopRequire } from 'node:module'",
    'const require = localtopRequire(import.meta.url)',
  ].join('\n'),
}
// The proxy's library is one file beside the rest, with all that it needs: installed, its tree of packages is
// larger than everything else together.
const mockttpBeside = {
  name: 'mockttp-beside',
  setup({ onResolve }) {
    onResolve({ filter: /^mockttp$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './mockttp.js', external: true } : undefined,
    )
  },
}

await rm(outdir, { recursive: true, force: true })
await Promise.all([
  build({
    ...common,
    outdir,
    splitting: true,
    chunkNames: 'chunk-[hash]',
    packages: 'external',
    plugins: [mockttpBeside],
    entryPoints: {
      server: 'src/server/index.ts',
      contracts: 'src/contracts/index.ts',
      client: 'src/client/index.ts',
      kit: 'src/kit/index.ts',
      vitest: 'src/kit/vitest.ts',
    },
  }),
  // The command carries its dependencies with it: one file starts faster than a tree of them. What is
  // imported on demand only (certificates) lies beside it.
  build({
    ...common,
    outdir,
    splitting: true,
    chunkNames: 'cli-[name]-[hash]',
    minifySyntax: true,
    minifyWhitespace: true,
    entryPoints: { cli: 'src/cli/main.ts' },
    plugins: [mockttpBeside],
    banner,
  }),
  build({
    ...common,
    outdir,
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'external',
    entryPoints: { mockttp: 'mockttp' },
    banner,
  }),
  // What runs inside other people's programs, or between them and the gateway: small files of their own.
  build({
    ...common,
    outdir,
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    minifySyntax: true,
    minifyWhitespace: true,
    entryPoints: { preload: 'src/kit/preload/current.ts', relay: 'src/kit/run/relay.ts' },
  }),
  build({
    ...common,
    outdir,
    target: 'node12.20',
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    minifySyntax: true,
    minifyWhitespace: true,
    entryPoints: { 'preload-old': 'src/kit/preload/old.ts' },
  }),
])
// The catalogue is read beside the code that reads it.
for (const name of ['methods.ndjson', 'structures.ndjson']) {
  await copyFile(join(root, 'src/contracts/catalogue', name), join(outdir, name))
}
await chmod(join(outdir, 'cli.js'), 0o755)
