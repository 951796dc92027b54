import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { scratch } from '../flows/setting.ts'
import { bound } from './bounds.ts'
import type { SpoiledOutcome, SpoiledWork } from './spoiled-reader.ts'
import type { SpoiledCounts, SpoiledServer } from './spoiled-server.ts'

const READS = bound(100_000, 1_000_000)
const READERS = 2
const SHARE = 0.2
const SEED = process.env.BLOBS_TEST_SEED ?? '20261122'
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url))

describe('reading through a network that spoils every fifth exchange', () => {
  it(`gives right bytes or a typed error, ${READS} times (I2, I11)`, async test => {
    const server = fork(script('spoiled-server.ts'), [SEED, String(SHARE)])
    test.after(() => server.kill('SIGKILL'))
    const [spoiled] = (await once(server, 'message')) as [SpoiledServer]
    const cache = join(scratch(test), 'cache')
    const work: SpoiledWork = { ...spoiled, cache, reads: READS / READERS }
    const readers = Array.from({ length: READERS }, () =>
      fork(script('spoiled-reader.ts'), [JSON.stringify(work)]),
    )
    test.after(() => {
      for (const reader of readers) reader.kill('SIGKILL')
    })
    const told = await Promise.all(
      readers.map(async reader => (await once(reader, 'message'))[0] as SpoiledOutcome),
    )
    server.send('done')
    const [{ exchanges, faults }] = (await once(server, 'message')) as [SpoiledCounts]

    const outcomes: Record<string, number> = {}
    for (const { outcomes: some } of told)
      for (const [name, count] of Object.entries(some)) outcomes[name] = (outcomes[name] ?? 0) + count
    const made = Object.values(faults).reduce((sum, count) => sum + count)
    console.log(`seed ${SEED}: ${READS} reads, ${exchanges} exchanges, ${made} spoiled`)
    console.log(JSON.stringify(outcomes), JSON.stringify(faults))
    assert.deepEqual(
      told.flatMap(({ wrong }) => wrong),
      [],
    )
    assert.ok(made > READS / 20 && Object.values(faults).filter(count => count > 0).length > 10)
    assert.ok((outcomes.right ?? 0) > READS * 0.9, 'an attempt more gets most of them through')
    assert.deepEqual(readdirSync(join(cache, 'v1/.incoming')), [])
  })
})
