import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { swapRecords, WORDS } from '../core/records/words.ts'

/**
 * What it takes to find what of 10 M rows a live report of 9.5 M does not name, beside `comm` on the same as sorted text:
 * `npm run bench:merge`. The cursor is the condemner's, in a bundle as Lambdas are deployed; its rows come from a file here and not from the
 * index, so that what is measured is the merge. Absolute figures are this machine's and this minute's; nothing here decides a test.
 */

const WORK = fileURLToPath(new URL('../.work/bench-merge', import.meta.url))
const ROWS = 10_000_000
/** Every so many-th is not named. */
const GARBAGE = 20
const ROUNDS = 5
const CHUNK = 2 ** 16
const NAMES = ['rows', 'live']

interface Figures {
  garbage: number
  seconds: number
  /** Seconds of computing, of user and system together. */
  cpu: number
  megabytes?: number
}

/** Records whose oids go up by a few, with tids as of years: binary, and as lines of hex. */
function plant(name: string): void {
  const files = ['bin', 'txt'].map(kind => openSync(join(WORK, `${name}.${kind}`), 'w'))
  const [binary = 0, text = 0] = files
  const records = new Uint32Array(CHUNK * WORDS)
  let filled = 0
  const flush = () => {
    const bytes = Buffer.from(records.buffer, 0, filled * Uint32Array.BYTES_PER_ELEMENT)
    swapRecords(bytes)
    writeSync(binary, bytes)
    writeSync(text, bytes.toString('hex').replace(/.{32}/g, '$&\n'))
    filled = 0
  }
  for (let i = 0; i < ROWS; i += 1) {
    if (name === 'live' && i % GARBAGE === 0) continue
    records.set([0, i * 7, 0x03d0_0000 + (Math.imul(i, 2_654_435_761) >>> 12), Math.imul(i, 40_503)], filled)
    filled += WORDS
    if (filled === records.length) flush()
  }
  flush()
  for (const file of files) closeSync(file)
}

function run(program: string, words: string[]): string {
  const env = { PATH: process.env.PATH ?? '', LC_ALL: 'C' }
  return execFileSync(program, words, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

const merge = (bundle: string): Figures =>
  JSON.parse(run(process.execPath, [bundle, ...NAMES.map(name => join(WORK, `${name}.bin`))]))

/** Bytes are compared, not letters of a language. */
function compare(): Figures {
  const [rows = '', live = ''] = NAMES.map(name => `${WORK}/${name}.txt`)
  const script = `TIMEFORMAT='%R %U %S'; { time comm -23 "$0" "$1" | wc -l; } 2>&1`
  const [garbage = 0, seconds = 0, user = 0, system = 0] = run('bash', ['-c', script, rows, live])
    .trim()
    .split(/\s+/)
    .map(Number)
  return { garbage, seconds, cpu: user + system }
}

function median(figures: readonly Figures[], of: 'seconds' | 'cpu'): number {
  return figures.map(each => each[of]).sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? 0
}

rmSync(WORK, { recursive: true, force: true })
mkdirSync(WORK, { recursive: true })
try {
  const entry = fileURLToPath(new URL('./merge-child.ts', import.meta.url))
  const bundle = join(WORK, 'child.mjs')
  buildSync({
    entryPoints: [entry],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    minify: true,
  })
  for (const name of NAMES) plant(name)
  const rounds = Array.from({ length: ROUNDS }, () => ({ ours: merge(bundle), theirs: compare() }))
  const [ours, theirs] = [rounds.map(round => round.ours), rounds.map(round => round.theirs)]
  const wrong = [...ours, ...theirs].some(({ garbage }) => garbage !== ROWS / GARBAGE)
  if (wrong) throw new Error('the two do not find the same')
  const row = (what: 'seconds' | 'cpu') => {
    const [own, other] = [median(ours, what), median(theirs, what)]
    return { ours: own.toFixed(2), comm: other.toFixed(2), ratio: (own / other).toFixed(2), goal: '≤ 0.25' }
  }
  const most = Math.max(...ours.map(({ megabytes = 0 }) => megabytes))
  console.table({ 'seconds, median': row('seconds'), 'of computing': row('cpu') })
  console.log(`peak of the merging process: ${Math.round(most)} MiB (goal: ≤ 64)`)
} finally {
  rmSync(WORK, { recursive: true, force: true })
}
