import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DAY } from '../../core/model/quantity.ts'
import { formatRef } from '../../core/model/ref.ts'
import { hashTree, trueBlobs, trueTree } from '../flows/setting.ts'
import { blobsIn } from './emptying/emptying.ts'
import { command, configurations, EVERY, invocation } from './migration/document.ts'
import { divide, settle, startSite, waitByOrders } from './migration/site.ts'

const HOUR = 3_600_000
/** Longer than the document's release delay. */
const DELAY_OVER = 8 * DAY

/** Within the hours that the document allows. Files have the disk's time: the simulated one may not be before it. */
function tonight(): number {
  const time = Math.floor(Date.now() / DAY) * DAY + 21 * HOUR + 300_000
  return time > Date.now() ? time : time + DAY
}

const [dryRun, ...rest] = configurations()
const [left, ...steps] = rest.toReversed()
assert.ok(dryRun && left && steps.length >= 3, 'docs/migration.md has its configurations')

describe('docs/migration.md', () => {
  it('leads a site into the bucket threshold by threshold, out again byte for byte, and in once more (I1, I2)', async test => {
    const site = await startSite(test, tonight(), dryRun.databases.main)
    const { installation, volume } = site
    const { clock } = installation
    const everything = Object.keys(trueTree('bushy')).sort()
    const entries = site.entries()

    await site.run(command('plan'))
    let functions = await installation.deploy(dryRun)
    await site.run(command('doctor'))
    const agent = site.startAgent()
    const reader = site.startReader()
    const byOrders = (what: string, comes: () => unknown) => waitByOrders(agent, () => functions, what, comes)
    await settle(agent)
    await functions.advance(EVERY)
    await settle(agent)
    const { functionName, payload } = invocation()
    const { result } = await functions.invoke(functionName, payload)
    const { due, reasons } = result as { due: { blobs: number }; reasons: object }
    const first = divide(dryRun.databases.main, clock.now())
    assert.deepEqual([due.blobs, reasons], [first.leaving.length, { ordered: 1 }])
    const { out } = await site.run(command('status'))
    assert.match(out, /working/)
    assert.deepEqual([await site.orders(), await site.archived()], [0, []])

    for (const step of steps.toReversed()) {
      const before = site.files()
      const { leaving, staying } = divide(step.databases.main, clock.now())
      assert.ok(staying.length < before.length, 'each threshold frees something')
      functions = await installation.deploy(step)
      await functions.advance(HOUR)
      // By the first order the agent learns what is due, and tells it; the next one has it in its budget.
      await settle(agent)
      await byOrders(
        'what is due in the bucket',
        async () => (await site.archived()).length >= leaving.length,
      )
      assert.deepEqual(await site.archived(), leaving)
      assert.deepEqual(site.files(), before)
      await functions.advance(DELAY_OVER)
      await byOrders('what is archived gone', () => blobsIn(volume) <= staying.length)
      assert.deepEqual(site.files(), staying)
    }
    assert.deepEqual(site.files(), [])

    functions = await installation.deploy(left)
    await functions.advance(2 * EVERY)
    await settle(agent)
    assert.match((await site.run(command('status'))).out, / working .* -\n/)
    await site.run(command('recall --all'))
    assert.deepEqual(hashTree(volume), trueTree('bushy'))
    assert.deepEqual(site.entries(), entries)
    await functions.advance(DAY)
    await settle(agent)
    assert.deepEqual(hashTree(volume), trueTree('bushy'))
    await site.run(command('check'))
    await site.run(command('recall --all --verify'))

    functions = await installation.deploy(steps[0] ?? left)
    await functions.advance(HOUR)
    await byOrders('a volume that is empty again', () => blobsIn(volume) === 0)
    assert.deepEqual(await site.archived(), everything)
    const { reads, failures } = await reader.end()
    assert.deepEqual(failures, [])
    assert.ok(reads > 0)
  })

  it('lets a blob that was recalled stay for another release delay, and then go again', async test => {
    const [last] = steps
    assert.ok(last?.databases.main.schedule)
    const { hours: _, ...allDay } = last.databases.main.schedule
    const main = { ...last.databases.main, schedule: allDay }
    const site = await startSite(test, Date.now() - DELAY_OVER, main)
    const { installation, volume } = site
    await site.run(`archive ${volume}`)
    // By now the disk's time and the simulated one are the same, which a file that comes back is judged by.
    installation.clock.advance(DELAY_OVER)
    await site.run(`archive ${volume} -d`)
    assert.deepEqual(site.files(), [])

    const [blob] = trueBlobs('bushy')
    assert.ok(blob)
    await site.run(command('recall REF').replace('REF', formatRef(blob)))
    const functions = await installation.deploy({ ...last, databases: { main } })
    const agent = site.startAgent()
    await settle(agent)
    for (let days = 0; days < 6; days += 3) {
      await functions.advance(3 * DAY)
      await settle(agent)
      assert.deepEqual([site.files(), await site.orders()], [[blob.path], 1])
    }
    await functions.advance(2 * DAY)
    await waitByOrders(
      agent,
      () => functions,
      'that it goes again',
      () => blobsIn(volume) === 0,
    )
  })
})
