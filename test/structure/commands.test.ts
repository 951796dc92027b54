import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { fencesOf, LOOKS_TYPED, typedCommands } from './typed-commands.ts'
import { runnersOf, WHO_RUNS } from './who-runs.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const listed = ['README.md', 'docs/*.md', 'client/*README.md', 'examples/*README.md']
const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...listed], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
const fences = documents.flatMap(document => fencesOf(document).map(fence => ({ document, ...fence })))
const commands = documents.flatMap(typedCommands)

describe('the commands of the documents', () => {
  it('are each run by a test, or marked with why not', () => {
    assert.ok(commands.length > 40)
    const unknown = commands.filter(command => !command.notRun && runnersOf(command).length === 0)
    assert.deepEqual(
      unknown.map(({ document, words }) => `${document}: ${words}`),
      [],
    )
  })

  it('are run where the list says so', () => {
    const missing = WHO_RUNS.filter(
      ({ test, by }) => !existsSync(join(ROOT, test)) || !read(test).includes(by),
    )
    assert.deepEqual(
      missing.map(({ typed, test, by }) => `${typed}: no ${by} in ${test}`),
      [],
    )
  })

  it('are marked or listed, and no mark or line is about nothing', () => {
    const both = commands.filter(command => command.notRun && runnersOf(command).length > 0)
    const busy = new Set(commands.flatMap(runnersOf))
    const idle = WHO_RUNS.filter(runner => !busy.has(runner))
    assert.deepEqual(
      [
        ...both.map(({ document, words }) => `${document}: ${words}`),
        ...idle.map(({ document, typed }) => `${document}: ${typed}`),
        ...fences
          .filter(({ idleMark }) => idleMark)
          .map(({ document, idleMark }) => `${document}: ${idleMark}`),
      ],
      [],
    )
  })

  it('stand in fences that say so', () => {
    const hidden = fences
      .filter(({ commands }) => commands.length === 0)
      .filter(({ text }) => text.split('\n').some(line => LOOKS_TYPED.test(line)))
    assert.deepEqual(
      hidden.map(({ document, text }) => `${document}: ${text}`),
      [],
    )
  })
})
