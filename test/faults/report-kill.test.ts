import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { allShards, shardOf } from '../../core/model/blob-row.ts'
import { parseReportKey } from '../../core/model/key.ts'
import { PARTS } from '../../core/model/live-report.ts'
import { readManifest, withPart } from '../../core/read-report.ts'
import { finish, install, LAUNCHER, type Ran } from '../cli/command.ts'
import { refNumber } from '../flows/setting.ts'
import { reportText } from '../memory/plant-report.ts'
import { bound } from './bounds.ts'

/** `live-report` is killed at every call it makes; what it left is then a whole report or none. */

const REGISTER = new URL('./failpoints/register.ts', import.meta.url).href
const REFS = Array.from({ length: 1_000 }, (_, i) => refNumber(i))
const PUT = 's3-put.PutObject'
/** Of the parts the first, one in the middle and the last; and the manifest. */
const PUTS = [1, 30, PARTS, PARTS + 1]
/** Whether it is sent again after each kill, or after all of them. */
const EACH_TIME = bound(0, 1) === 1

async function openSite(test: TestContext) {
  const { sandbox, base, environment } = await install(test)
  Object.assign(process.env, environment, { PATH: process.env.PATH })
  const { region, bucketEndpoint: endpoint } = sandbox
  const bucket = createS3Bucket({
    ...{ name: 'some-bucket', region, endpoint, pathStyle: true, checksums: 'server' },
  })
  const scratch = join(base, 'scratch')
  mkdirSync(scratch)
  const run = (more: Record<string, string> = {}): Promise<Ran> => {
    const words = ['--import', REGISTER, LAUNCHER, 'live-report', '--json', '--scratch', scratch]
    const child = spawn(process.execPath, words, { env: { ...environment, ...more }, cwd: base })
    // One that was killed reads no more.
    child.stdin?.on('error', () => {})
    child.stdin?.end(reportText(REFS))
    return finish(child)
  }
  return { base, bucket, scratch, run }
}

type Site = Awaited<ReturnType<typeof openSite>>

async function manifests({ bucket }: Site): Promise<string[]> {
  const reports: string[] = []
  for await (const { key } of bucket.list('packs/main/')) reports.push(parseReportKey(key)?.report ?? '')
  return reports.filter(report => report !== '')
}

/** Throws unless every part is what the manifest says and names what was sent. */
async function requireWhole({ bucket, scratch }: Site, report: string): Promise<void> {
  const { manifest } = (await readManifest(bucket, 'main', report)) ?? assert.fail('no manifest')
  assert.equal(manifest.revisions, REFS.length)
  for (const shard of allShards()) {
    const sent = REFS.filter(ref => shardOf(ref) === shard)
    await withPart(bucket, manifest, shard, scratch, async named =>
      assert.ok(sent.every(ref => named.has(ref))),
    )
  }
}

async function failpointsOf(site: Site): Promise<string[]> {
  const list = join(site.base, 'failpoints')
  const { status, err } = await site.run({ BLOBS_FAILPOINT_RECORD: list })
  assert.deepEqual([status, err], [0, ''])
  return [...new Set(readFileSync(list, 'utf8').trim().split('\n'))].sort()
}

describe('a live report whose sender is killed', () => {
  it('at any call is whole, or there is none; and it can be sent again (I8)', async test => {
    const site = await openSite(test)
    const failpoints = await failpointsOf(site)
    assert.ok(failpoints.includes(`${PUT}:after`) && failpoints.length > 10)
    const others = failpoints.filter(failpoint => !failpoint.startsWith(PUT)).map(name => `${name}:kill`)
    const puts = PUTS.flatMap(nth => ['before', 'after'].map(side => `${PUT}:${side}:kill:${nth}`))
    let known = await manifests(site)
    for (const fault of [...others, ...puts]) {
      const { status } = await site.run({ BLOBS_FAILPOINT: fault })
      assert.equal(status, null, `${fault} was not reached`)
      const found = await manifests(site)
      for (const report of found.filter(each => !known.includes(each))) await requireWhole(site, report)
      // Only a sender that had stored its manifest has sent anything.
      if (fault === `${PUT}:after:kill:${PARTS + 1}`) assert.equal(found.length, known.length + 1)
      else if (fault.startsWith(PUT)) assert.equal(found.length, known.length, fault)
      known = found
      if (!EACH_TIME) continue
      assert.equal((await site.run()).status, 0)
      known = await manifests(site)
    }
    // Those that had a name still: nothing was written to them.
    const left = readdirSync(site.scratch).map(name => statSync(join(site.scratch, name)).size)
    assert.ok(left.every(size => size === 0))
    const { status, events } = await site.run()
    assert.equal(status, 0)
    await requireWhole(site, String(events[0]?.report))
    test.diagnostic(`killed at ${others.length + puts.length} places`)
  })
})
