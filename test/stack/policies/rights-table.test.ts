import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { inOneAccount } from './installation.ts'
import { rightsTable } from './rights-table.ts'

const DOCUMENT = new URL('../../../docs/security.md', import.meta.url)

describe('docs/security.md', () => {
  it('tells who may do what as the policies of the stack do (I3, I6, I9)', async () => {
    const [, told] =
      /^<!-- rights -->\n([\s\S]*)\n<!-- \/rights -->$/m.exec(readFileSync(DOCUMENT, 'utf8')) ?? []
    assert.equal(told, await rightsTable(inOneAccount()))
  })
})
