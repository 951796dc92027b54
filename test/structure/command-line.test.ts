import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createProgram } from '../../client/cli/main.ts'

/** What the documents name of the command line and of npm's scripts, also in the middle of a sentence, is there. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const documents = execFileSync('git', ['ls-files', 'README.md', 'docs/*.md', 'examples/**/*.md'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .trim()
  .split('\n')

/** `archive`, `gc approve` → its options. */
const commands = new Map(
  createProgram(() => {}).commands.flatMap(command => [
    [command.name(), optionsOf(command)],
    ...command.commands.map(verb => [`${command.name()} ${verb.name()}`, optionsOf(verb)] as const),
  ]),
)

function optionsOf(command: ReturnType<typeof createProgram>): string[] {
  return command.options.flatMap(({ short, long }) => [short ?? '', long ?? ''])
}

interface Named {
  document: string
  text: string
  /** Where its own options begin. */
  command: string
  words: string[]
}

const named: Named[] = documents.flatMap(document =>
  [...read(document).matchAll(/nice-blobs ((?:[a-z-]+\b|-)[^`|#\n)]*)/g)].flatMap(([text, rest = '']) => {
    const words = rest.split(/[\s;,]+/)
    const [first = '', second = ''] = words
    const command = commands.has(`${first} ${second}`) ? `${first} ${second}` : first
    return commands.has(command) ? [{ document, text, command, words }] : []
  }),
)

describe('the documents and the command line', () => {
  it('name every command there is', () => {
    assert.ok(commands.size > 15)
    const untold = [...commands.keys()].filter(
      command => !named.some(({ command: told, words }) => told === command || words[0] === command),
    )
    assert.deepEqual(untold, [])
  })

  it('name no option that a command has not', () => {
    const wrong = named.filter(({ command, words }) =>
      words
        .filter(word => /^--?[a-z]/.test(word))
        .some(option => !commands.get(command)?.includes(option.replace(/=.*/, ''))),
    )
    assert.deepEqual(
      wrong.map(({ document, text }) => `${document}: ${text}`),
      [],
    )
  })

  it('name no script that npm does not have', () => {
    const { scripts } = JSON.parse(read('package.json'))
    const missing = documents.flatMap(document =>
      [...read(document).matchAll(/npm run ([\w:-]+)/g)]
        .filter(([, script = '']) => !(script in scripts))
        .map(([text]) => `${document}: ${text}`),
    )
    assert.deepEqual(missing, [])
  })
})
