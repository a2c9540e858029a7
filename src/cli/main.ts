#!/usr/bin/env node
import module from 'node:module'

// Node 22 and later keep the compiled code for the next start: that of whatever is read after this line.
;(module as { enableCompileCache?: () => void }).enableCompileCache?.()

const { main } = await import('./program.ts')
await main()
