import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

/** docs/architecture.md names what is there. That what it names is there, docs.test.ts holds. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const text = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8')
const files = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n')
const folders = [
  ...new Set(
    files.flatMap(file => {
      const [top = '', second = '', third] = file.split('/')
      return [...(second ? [top] : []), ...(third ? [`${top}/${second}`] : [])]
    }),
  ),
].filter(folder => !['docs/images', '.github/workflows'].includes(folder))

/** By its whole path, or in the row of the folder it is in. */
function isNamed(folder: string): boolean {
  if (text.includes(`\`${folder}/`)) return true
  const [top, second] = folder.split('/')
  const rows = text.split('\n').filter(line => line.startsWith(`| \`${top}/\``))
  return rows.some(row => row.includes(`\`${second}/\``))
}

describe('the picture of the tree', () => {
  it('has every folder of the first and the second level', () => {
    assert.ok(folders.length > 40)
    assert.deepEqual(
      folders.filter(folder => !isNamed(folder)),
      [],
    )
  })
})
