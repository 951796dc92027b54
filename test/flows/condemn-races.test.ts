import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { followRow } from '../../core/condemn/follow-row.ts'
import { type BlobRow, sortKey } from '../../core/model/blob-row.ts'
import { condemnRow, judgeRow } from '../../core/model/gc-rules.ts'
import type { ReportRow } from '../../core/model/report-row.ts'
import type { BlobIndex } from '../../core/ports.ts'
import { newReportId, reportOf } from '../contract/report-rows.ts'
import { createMemoryIndex } from '../memory/memory-index.ts'
import { BEGIN, blobs, rowOf, tidNumber } from './condemn-setting.ts'

/** Somebody else is at a row between the condemner's look and its write. */

const REPORT: ReportRow = reportOf(
  { database: 'main', report: newReportId(tidNumber(10)) },
  { state: 'condemning', generation: '1', decidedAt: BEGIN + 5 },
)
const OTHER = newReportId(tidNumber(11))
const [REF = assert.fail()] = blobs(1)
const ARCHIVED = rowOf(REF)
const OF_OTHER_GENERATION = condemnRow(ARCHIVED, { report: OTHER, generation: '0', decidedAt: 1 })

/** An index with one row, in which something else happens before the first write, or before each. */
async function indexOf(row: BlobRow, meanwhile: (rows: Map<string, BlobRow>, nth: number) => boolean) {
  const memory = createMemoryIndex()
  await memory.insert(row)
  let writes = 0
  const index: Pick<BlobIndex, 'find' | 'replace'> = {
    find: (...words) => memory.find(...words),
    replace: async (before, after) => {
      writes += 1
      const answered = meanwhile(memory.rows, writes)
      return (await memory.replace(before, after)) && answered
    },
  }
  const follow = (named: boolean) =>
    followRow(index, { row, verdict: judgeRow(row, named, REPORT), named }, REPORT)
  return { follow, now: async () => (await memory.find('main', [REF]))[0] }
}

const name = `main#${sortKey(REF)}`
const once = (row: BlobRow) => (rows: Map<string, BlobRow>, nth: number) => {
  if (nth === 1) rows.set(name, row)
  return true
}

describe('a row that changes while a report is followed', () => {
  it('is condemned as it is then', async () => {
    const again = rowOf(REF, { archivedAt: BEGIN + 1, versionId: 'again' })
    const { follow, now } = await indexOf(ARCHIVED, once(again))
    assert.equal((await follow(false))?.verdict, 'condemned')
    assert.deepEqual(await now(), condemnRow(again, REPORT))
  })

  it('is left to the report that has condemned it meanwhile', async () => {
    const theirs = condemnRow(ARCHIVED, { report: OTHER, generation: '1', decidedAt: BEGIN + 6 })
    const { follow, now } = await indexOf(ARCHIVED, once(theirs))
    assert.equal((await follow(false))?.verdict, 'known')
    assert.deepEqual(await now(), theirs)
  })

  it('is left to the sweeper that has taken it up meanwhile, and told', async () => {
    const taken: BlobRow = { ...OF_OTHER_GENERATION, state: 'sweeping' }
    const { follow, now } = await indexOf(OF_OTHER_GENERATION, once(taken))
    assert.equal((await follow(true))?.verdict, 'sweptAlive')
    assert.deepEqual(await now(), taken)
  })

  it('counts as its own write when the answer to that was lost', async () => {
    for (const [row, named, verdict] of [
      [ARCHIVED, false, 'condemned'],
      [OF_OTHER_GENERATION, true, 'revived'],
    ] as const) {
      const { follow, now } = await indexOf(row, (_, nth) => nth > 1)
      assert.equal((await follow(named))?.verdict, verdict)
      assert.equal((await now())?.state, named ? 'archived' : 'condemned')
    }
  })

  it('counts as condemned by the report when an earlier attempt has done it', async () => {
    const { follow } = await indexOf(condemnRow(ARCHIVED, REPORT), () => assert.fail('nothing to write'))
    assert.equal((await follow(false))?.verdict, 'condemned')
  })

  it('is not counted when it is there no more', async () => {
    const { follow } = await indexOf(ARCHIVED, rows => !rows.delete(name))
    assert.equal(await follow(false), undefined)
  })

  it('is an outage when it does so again and again', async () => {
    const { follow } = await indexOf(ARCHIVED, (rows, nth) => {
      rows.set(name, rowOf(REF, { archivedAt: BEGIN + nth }))
      return true
    })
    await assert.rejects(follow(false), { code: 'SERVER_BUSY' })
  })
})
