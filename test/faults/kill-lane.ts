import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { BlobBucket, BlobIndex } from '../../core/ports.ts'
import { type Outside, portsOf } from './kill-site.ts'

const SANDBOX = fileURLToPath(new URL('../../sandbox/main.ts', import.meta.url))

/** A sandbox in a process of its own, for one round at a time. */
export interface Lane {
  directory: string
  outside: Outside
  bucket: BlobBucket
  index: BlobIndex
  close(): Promise<void>
}

export async function openLane(test: TestContext, base: string): Promise<Lane> {
  const directory = mkdtempSync(join(base, 'lane-'))
  const words = [SANDBOX, '--directory', join(directory, 'sandbox')]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  test.after(() => child.kill())
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const outside: Outside = JSON.parse(line)
  return {
    ...{ directory, outside, ...portsOf(outside) },
    async close() {
      child.kill()
      await once(child, 'close')
      rmSync(directory, { recursive: true })
    },
  }
}
