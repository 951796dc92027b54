import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SABOTAGE } from './edits.ts'
import type { Sabotage } from './sabotage.ts'

/** Makes each wrong edit in a copy and asks the suites: `npm run test:sabotage [word …]`. One that stays green ends with 1. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const copy = mkdtempSync(join(tmpdir(), 'nice-blobs-sabotage-'))
process.on('exit', () => rmSync(copy, { recursive: true, force: true }))
// Some tests read as another user, whose threads load these sources.
chmodSync(copy, 0o755)
const tracked = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .stdout.trim()
  .split('\n')
for (const file of tracked) cpSync(join(ROOT, file), join(copy, file))
symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))

interface Outcome {
  green: boolean
  passed: number
  failed: string[]
}

function ask(suites: readonly string[]): Outcome {
  const files = suites.flatMap(suite => globSync(suite, { cwd: copy }))
  const words = ['--test', '--test-timeout=120000', '--test-reporter=tap', ...files]
  const { status, stdout } = spawnSync(process.execPath, words, {
    cwd: copy,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  return {
    green: status === 0,
    passed: Number(/^# pass (\d+)$/m.exec(stdout)?.[1] ?? 0),
    failed: [...stdout.matchAll(/^ *not ok \d+ - (.*)$/gm)].map(([, name = '']) => name),
  }
}

function sabotage({ file, find, put, suites }: Sabotage): Outcome {
  const path = join(copy, file)
  const original = readFileSync(path, 'utf8')
  if (original.split(find).length !== 2)
    throw new Error(`${file} has not exactly one ${JSON.stringify(find)}`)
  writeFileSync(
    path,
    original.replace(find, () => put),
  )
  try {
    return ask(suites)
  } finally {
    writeFileSync(path, original)
  }
}

const words = process.argv.slice(2)
const chosen = SABOTAGE.filter(({ breaks, file }) => words.every(word => `${file} ${breaks}`.includes(word)))
const all = [...new Set(chosen.flatMap(({ suites }) => suites))]
const { green, failed } = ask(all)
if (!green) throw new Error(`the suites are red before anything is sabotaged: ${failed.join('; ')}`)
let unnoticed = 0
for (const edit of chosen) {
  const { green, passed } = sabotage(edit)
  // An edit that keeps everything from running proves nothing.
  const noticed = !green && passed > 0
  if (!noticed) unnoticed += 1
  console.log(`${noticed ? 'noticed  ' : 'UNNOTICED'} ${edit.file}: ${edit.breaks}`)
}
console.log(`${chosen.length - unnoticed} of ${chosen.length} noticed`)
process.exitCode = unnoticed > 0 ? 1 : 0
