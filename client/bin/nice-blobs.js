#!/usr/bin/env node
// In a clone the command runs from source (node@24 is a dev dependency); the published package has only dist/.
import { existsSync } from 'node:fs'

const source = new URL('../cli/main.ts', import.meta.url)
const built = new URL('../dist/client/cli/main.js', import.meta.url)
const { main } = await import((existsSync(source) ? source : built).href)
process.exitCode = await main(process.argv.slice(2))
