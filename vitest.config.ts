import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** `npm run test:stores`: the suite of the server over a file store or a Redis instead of memory. */
const store = process.env.LOCALTOP_TEST_STORE
const overStore = {
  name: 'over-store',
  enforce: 'pre' as const,
  resolveId: (source: string, importer = '') =>
    source.endsWith('/src/server/index.ts') && /\/test\/server\/[^/]+\.test\.ts$/.test(importer)
      ? join(import.meta.dirname, 'test/support/over-store.ts')
      : undefined,
}

export default defineConfig({
  plugins: store === undefined ? [] : [overStore],
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    restoreMocks: true,
    // What is waited for comes; how soon is the machine's business.
    expect: { poll: { timeout: 10_000 } },
    // `npm run fuzz` reports it: of the readers that are fuzzed, by the fuzz tests alone.
    coverage: {
      provider: 'v8',
      reporter: ['text'],
      include: [
        'src/contracts/protocol/{parameters,multipart,batch,json,fields,timestamp}.ts',
        'src/contracts/signature-doctor/**/*.ts',
        'src/contracts/{scenario,rule,rule-checks,world,text-pattern,nesting}.ts',
        'src/server/{data-files,scenario-files}.ts',
        'src/server/routes/{receive,batch}.ts',
      ],
    },
  },
})
