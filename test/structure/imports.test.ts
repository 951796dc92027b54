import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

/** The arrows of docs/architecture.md: who may import whom, and that nobody imports in a circle. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const ALLOWED: Record<string, readonly string[]> = {
  'core/model': ['core/model'],
  core: ['core', 'core/model'],
  client: ['client', 'core', 'core/model'],
  sandbox: ['sandbox', 'client', 'core', 'core/model'],
  lambdas: ['lambdas', 'lambdas/env', 'core', 'core/model'],
  lib: ['lib', 'lambdas/env', 'core', 'core/model'],
  bin: ['bin', 'lib', 'core', 'core/model'],
  release: ['release'],
  examples: ['examples', 'sandbox', 'client', 'core', 'core/model'],
}

interface Import {
  from: string
  to: string
}

const sources = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter(file => file.endsWith('.ts') && partOf(file) in ALLOWED)

const imports: Import[] = sources.flatMap(from => {
  const text = readFileSync(join(ROOT, from), 'utf8')
  const found = text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)
  return [...found].map(([, path]) => ({ from, to: normalize(join(dirname(from), path ?? '')) }))
})

function partOf(file: string): string {
  if (file.startsWith('core/model/')) return 'core/model'
  return file.split('/')[0] ?? ''
}

/** Of a function the stack sees the names of its environment, and none of its code. */
function seenPartOf(file: string): string {
  return /^lambdas\/[^/]+\/env\.ts$/.test(file) ? 'lambdas/env' : partOf(file)
}

describe('the structure', () => {
  it('has imports to look at', () => assert.ok(sources.length > 50 && imports.length > 100))

  it('imports along the arrows only', () => {
    const wrong = imports.filter(({ from, to }) => !ALLOWED[partOf(from)]?.includes(seenPartOf(to)))
    assert.deepEqual(wrong, [])
  })

  it('imports in no circle', () => {
    const state = new Map<string, 'open' | 'done'>()
    const visit = (file: string, path: readonly string[]): void => {
      assert.notEqual(state.get(file), 'open', `a circle: ${[...path, file].join(' → ')}`)
      if (state.get(file) === 'done') return
      state.set(file, 'open')
      for (const { to } of imports.filter(({ from }) => from === file)) visit(to, [...path, file])
      state.set(file, 'done')
    }
    for (const file of sources) visit(file, [])
  })

  it('knows AWS in core/aws and the sandbox alone', () => {
    const users = sources.filter(file =>
      /from '@(aws-sdk|smithy)\//.test(readFileSync(join(ROOT, file), 'utf8')),
    )
    assert.deepEqual(
      users.filter(file => !file.startsWith('core/aws/') && !file.startsWith('sandbox/')),
      [],
    )
  })

  it('touches neither disk nor network nor clock in the model', () => {
    const impure =
      /from 'node:(?!path|crypto)|Date\.now\(|new Date\(\)|\brandom[A-Z(]|\bgenerateKey|process\./
    const users = sources.filter(
      file => partOf(file) === 'core/model' && impure.test(readFileSync(join(ROOT, file), 'utf8')),
    )
    assert.deepEqual(users, [])
  })
})
