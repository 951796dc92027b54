import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { SABOTAGE } from '../sabotage/edits.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

describe('the sabotage list', () => {
  it('finds each of its places once, and suites to notice it', () => {
    assert.ok(SABOTAGE.length >= 20)
    for (const { breaks, file, find, suites } of SABOTAGE) {
      assert.equal(readFileSync(join(ROOT, file), 'utf8').split(find).length, 2, breaks)
      for (const suite of suites) assert.ok(globSync(suite, { cwd: ROOT }).length > 0, `${breaks}: ${suite}`)
    }
  })
})
