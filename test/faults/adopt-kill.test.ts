import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { tallyOf, withPredecessor } from '../cli/adopt-setting.ts'
import { finish, LAUNCHER, type Ran } from '../cli/command.ts'
import { refNumber } from '../flows/setting.ts'

/** `adopt` is killed at every call it makes; what it left is a whole blob or none, and the next run ends what it began. */

const REGISTER = new URL('./failpoints/register.ts', import.meta.url).href
/** More than is kept in memory, so that a copy through the host reads it again. */
const LARGE = Buffer.alloc(2 ** 20 + 1, 'large')

async function openSite(test: TestContext, elsewhere: boolean) {
  const site = await withPredecessor(test, { elsewhere })
  const { environment, base, words } = site
  const run = (more: Record<string, string> = {}): Promise<Ran> => {
    const all = ['--import', REGISTER, LAUNCHER, ...words, '--json', '--jobs', '2']
    return finish(spawn(process.execPath, all, { env: { ...environment, ...more }, cwd: base }))
  }
  return { ...site, run, check: () => site.run('check', '--deep') }
}

type Site = Awaited<ReturnType<typeof openSite>>

async function failpointsOf({ run, base }: Site): Promise<string[]> {
  const list = join(base, 'failpoints')
  const { status, err } = await run({ BLOBS_FAILPOINT_RECORD: list })
  assert.deepEqual([status, err], [0, ''])
  return [...new Set(readFileSync(list, 'utf8').trim().split('\n'))].sort()
}

async function rowsOf({ index }: Site) {
  const rows = []
  for await (const row of index.list('main')) rows.push(row)
  return rows
}

describe('an adoption that is killed', () => {
  for (const elsewhere of [false, true])
    it(`at any call, ${elsewhere ? 'through this host' : 'by the server'}, has left no row without its bytes (I3, I8)`, async test => {
      const site = await openSite(test, elsewhere)
      await site.plant(refNumber(99), LARGE)
      const failpoints = await failpointsOf(site)
      const copied = elsewhere ? 's3-put.PutObject' : 's3-copy.CopyObject'
      assert.ok(failpoints.includes(`${copied}:after`) && failpoints.length > 10, String(failpoints))
      const contents = new Map<string, string | Buffer>()
      for (const [at, failpoint] of failpoints.entries()) {
        for (const [more, content] of [`blob ${at}`, LARGE].entries()) {
          const ref = refNumber(1_000 + 2 * at + more)
          await site.plant(ref, content)
          contents.set(ref.oid, content)
        }
        const { status } = await site.run({ BLOBS_FAILPOINT: `${failpoint}:kill` })
        assert.equal(status, null, `${failpoint} was not reached`)
        for (const row of await rowsOf(site)) {
          const bytes = await site.bytesOf(row)
          const content = contents.get(row.oid)
          if (content !== undefined) assert.ok(bytes?.equals(Buffer.from(content)), failpoint)
        }
      }
      const last = await site.run()
      assert.equal(last.status, 0, last.err)
      assert.equal((await rowsOf(site)).length, contents.size + 4)
      assert.deepEqual(
        Object.keys(tallyOf(last)).filter(name => !/^(adopted|present)/.test(name)),
        [],
      )
      assert.equal((await site.check()).status, 0)
      test.diagnostic(`killed at ${failpoints.length} places`)
    })
})
