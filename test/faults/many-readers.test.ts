import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { install } from '../cli/command.ts'
import { hashTree, trueBlobs, trueTree } from '../flows/setting.ts'
import type { ReaderReport, ReaderWork } from './reader-child.ts'

const CHILD = fileURLToPath(new URL('reader-child.ts', import.meta.url))
const READERS = 32

type Installed = Awaited<ReturnType<typeof install>>

async function startReaders(
  test: TestContext,
  { volume, cache, environment, sandbox }: Installed,
  { limit, inUse = 120_000, reads }: { limit: number; inUse?: number; reads: ReaderWork['reads'] },
): Promise<ChildProcess[]> {
  const work: ReaderWork = {
    bucket: {
      name: 'some-bucket',
      region: sandbox.region,
      endpoint: sandbox.bucketEndpoint,
      pathStyle: true,
      checksums: 'server',
    },
    volume,
    cache: { directory: cache, limit, inUse },
    reads,
    blobs: trueBlobs('bushy').map(({ oid, tid, sha256 }) => ({ oid, tid, sha256 })),
  }
  const readers = Array.from({ length: READERS }, () =>
    fork(CHILD, [JSON.stringify(work)], { env: environment }),
  )
  test.after(() => {
    for (const reader of readers) reader.kill('SIGKILL')
  })
  await Promise.all(readers.map(reader => once(reader, 'message')))
  return readers
}

async function letThemRead(readers: readonly ChildProcess[]): Promise<ReaderReport> {
  const at = Date.now() + 500
  const reports = readers.map(async reader => {
    const report = once(reader, 'message')
    reader.send(at)
    return (await report)[0] as ReaderReport
  })
  const all = await Promise.all(reports)
  return {
    reads: all.reduce((sum, { reads }) => sum + reads, 0),
    failures: all.flatMap(({ failures }) => failures),
    troubles: all.flatMap(({ troubles }) => troubles),
    ledgers: all.flatMap(({ ledgers }) => ledgers),
  }
}

function ledgerBytes(cache: string): number {
  const ledger = new DatabaseSync(join(cache, 'v1/.ledger.sqlite'), { readOnly: true, timeout: 5_000 })
  try {
    return (ledger.prepare('SELECT bytes FROM state').get() as { bytes: number }).bytes
  } finally {
    ledger.close()
  }
}

describe('many processes with one cache', () => {
  it(`${READERS} readers that start cold download every blob once and read it right (I2)`, async test => {
    const installed = await install(test)
    await installed.run('archive', installed.volume, '-d', '--delay', '0s')
    const before = installed.sandbox.s3.requestCount('GetObject')
    const readers = await startReaders(test, installed, { limit: 10 ** 9, reads: 'all' })
    const { reads, failures, troubles, ledgers } = await letThemRead(readers)
    assert.deepEqual(failures, [])
    // However many made one at the same moment: one became the ledger, and nobody goes on with another.
    assert.deepEqual([ledgers.length, new Set(ledgers).size], [READERS, 1])
    assert.equal(reads, READERS * trueBlobs('bushy').length)
    const downloads = installed.sandbox.s3.requestCount('GetObject') - before
    // On a host so busy that a process gets no turn at the ledger in time, it reads past the cache, and says so.
    const beside = troubles.length
    console.log(`${reads} reads, ${downloads} downloads, ${beside} beside the cache`)
    assert.ok(downloads >= trueBlobs('bushy').length && downloads <= trueBlobs('bushy').length + beside)
  })

  it(`${READERS} readers, two archivers and a cache of two blobs: no read fails, the limit is kept (I2, I7, I12)`, async test => {
    const installed = await install(test)
    const { volume, cache, run, base } = installed
    const sizes = trueBlobs('bushy').map(({ size }) => size)
    const limit = 2 * Math.max(...sizes)
    const readers = await startReaders(test, installed, { limit, inUse: 50, reads: 60 })
    const archivers = [1, 2].map(() => run('archive', volume, '-d', '--delay', '0s'))
    const reading = letThemRead(readers)
    await Promise.all(archivers)
    for (const reader of readers) reader.send('enough')
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, ledgerBytes(cache))
    }, 20)
    const { reads, failures } = await reading.finally(() => clearInterval(watch))
    const gets = installed.sandbox.s3.requestCount('GetObject')
    console.log(`${reads} reads, ${gets} downloads; at most ${most} bytes in a cache of ${limit}`)
    assert.deepEqual(failures, [])
    assert.ok(gets > 2 * sizes.length, 'blobs came and went')
    // A path has to last for a moment, so that what is in flight by its path may be beyond the limit.
    assert.ok(most > 0 && most <= limit + READERS * Math.max(...sizes))
    await run('archive', volume, '-d', '--delay', '0s')
    assert.equal((await run('recall', '--all', '--to', join(base, 'back'))).status, 0)
    assert.deepEqual(hashTree(join(base, 'back')), trueTree('bushy'))
  })
})
