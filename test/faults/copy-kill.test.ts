import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parseSums } from '../../core/model/sum.ts'
import { finish, install, LAUNCHER, type Ran } from '../cli/command.ts'
import { hashTree, trueTree } from '../flows/setting.ts'
import { bound } from './bounds.ts'

/** `recall --all --to` is killed at every call it makes, to disk and bucket, and goes on with what it left. */

const REGISTER = new URL('./failpoints/register.ts', import.meta.url).href
const TRUTH = trueTree('bushy')
/** The how manieth time that a call is made. */
const TIMES = bound(1, 3)
/** Each kill takes two processes: usually only where the copy is written. */
const WRITERS = /^(?:sums|recall|receive|mark-layout|aside|with-parent|sync-directory)\./
const EVERYWHERE = bound(0, 1) === 1

function sumsIn(copy: string): Record<string, string> {
  const directory = join(copy, '.nice-blobs/sums')
  const texts = readdirSync(directory).map(name => readFileSync(join(directory, name), 'utf8'))
  const parsed = texts.map(parseSums)
  assert.ok(parsed.every(({ whole }) => whole))
  return Object.fromEntries(parsed.flatMap(({ sums }) => [...sums]))
}

describe('a copy whose recall is killed', () => {
  it('at any call has right bytes only, and the next run makes it whole, with each sum (I2, I8)', async test => {
    const { base, volume, environment, run, sandbox } = await install(test)
    assert.equal((await run('archive', volume)).status, 0)
    const copy = join(base, 'copy')
    const recall = (more: Record<string, string> = {}): Promise<Ran> => {
      const words = ['--import', REGISTER, LAUNCHER, 'recall', '--all', '--to', copy, '-j', '4']
      return finish(spawn(process.execPath, words, { env: { ...environment, ...more }, cwd: base }))
    }
    const list = join(base, 'failpoints')
    assert.equal((await recall({ BLOBS_FAILPOINT_RECORD: list })).status, 0)
    const passed = [...new Set(readFileSync(list, 'utf8').trim().split('\n'))].sort()
    const failpoints = passed.filter(failpoint => EVERYWHERE || WRITERS.test(failpoint))
    assert.ok(failpoints.includes('sums.appendFile:after') && failpoints.length > 20)
    let killed = 0
    for (const failpoint of failpoints) {
      for (let nth = 1; nth <= TIMES; nth += 1) {
        rmSync(copy, { recursive: true, force: true })
        mkdirSync(copy)
        const { status } = await recall({ BLOBS_FAILPOINT: `${failpoint}:kill:${nth}` })
        assert.ok(status === null || nth > 1, `${failpoint} was not reached`)
        if (status === null) killed += 1
        const there = Object.entries(hashTree(copy))
        for (const [path, sha256] of there) assert.equal(sha256, TRUTH[path], failpoint)
        const before = sandbox.s3.requestCount('GetObject')
        assert.equal((await recall()).status, 0, failpoint)
        assert.equal(sandbox.s3.requestCount('GetObject') - before, Object.keys(TRUTH).length - there.length)
        assert.deepEqual(hashTree(copy), TRUTH, failpoint)
        assert.deepEqual(sumsIn(copy), TRUTH, failpoint)
      }
    }
    test.diagnostic(`killed ${killed} times at ${failpoints.length} failpoints`)
  })
})
