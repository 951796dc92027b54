import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Condemner } from '../../core/condemn/condemner.ts'
import { workOff } from '../../core/condemn.ts'
import type { GarbageMessage } from '../../core/model/garbage-message.ts'
import type { ReportRow } from '../../core/model/report-row.ts'
import { type CondemnSetting, condemnSetting, policyOf } from '../flows/condemn-setting.ts'
import { scratch } from '../flows/setting.ts'
import { bound } from './bounds.ts'
import { ALIVE, plantEveryKind, rowsOf, withoutRevived } from './condemn-scene.ts'

/** The condemner is ended before or after one of its calls; its message comes again, to another one. */

const SIDES = ['before', 'after'] as const
/** At every how many calls it is ended, besides those that there are few of: the calls of the shards are all alike. */
const STRIDE = bound(101, 1)
const FEW = 10

class Ended extends Error {}

interface Death {
  nth: number
  side: (typeof SIDES)[number]
}

/** Ports of a process that dies at the nth call of all: from then on nothing that it asks for is done. */
function mortal(condemner: Condemner, { nth, side }: Death): Condemner & { calls: string[] } {
  const calls: string[] = []
  let ended = false
  async function call<T>(name: string, work: () => Promise<T>): Promise<T> {
    calls.push(name)
    const dies = calls.length === nth
    if (dies && side === 'before') ended = true
    if (ended) throw new Ended()
    const result = await work()
    if (dies) ended = true
    if (ended) throw new Ended()
    return result
  }
  const { bucket, index, reports, queue } = condemner
  return {
    ...condemner,
    calls,
    bucket: {
      get: (...words) => call('get', () => bucket.get(...words)),
      head: key => call('head', () => bucket.head(key)),
    },
    index: {
      find: (...words) => call('find', () => index.find(...words)),
      replace: (...words) => call('replace', () => index.replace(...words)),
      listShard: (...words) => index.listShard(...words),
    },
    reports: {
      ...reports,
      read: (...words) => call('read', () => reports.read(...words)),
      list: database => call('list', () => reports.list(database)),
      write: (...words) => call('write', () => reports.write(...words)),
      readShards: (...words) => call('readShards', () => reports.readShards(...words)),
      writeShard: row => call('writeShard', () => reports.writeShard(row)),
    },
    queue: { send: works => call('send', () => queue.send(works)) },
  }
}

/** One message after the other; the one whose process died comes again when all others have been worked off. */
async function deliverTo(first: Condemner, setting: CondemnSetting, messages: readonly GarbageMessage[]) {
  let by = first
  const pool = [...messages]
  for (let message = pool.shift(); message; message = pool.shift()) {
    try {
      await workOff(by, message)
    } catch (error) {
      if (!(error instanceof Ended)) throw error
      by = setting.condemner
      pool.push(message)
    }
    for (const work of setting.queue.works.splice(0)) pool.unshift({ what: 'shard', work })
  }
}

/** Undefined for no death. The report waits for its verdict where `approved`. */
async function runOnce(directory: string, death: Death | undefined, approved: boolean) {
  const setting = condemnSetting(directory, policyOf('1', approved ? 0.01 : 1))
  await plantEveryKind(setting)
  const message = await setting.plantReport(ALIVE, 10)
  const process = mortal(setting.condemner, death ?? { nth: 0, side: 'before' })
  await deliverTo(process, setting, [message])
  if (approved) await deliverTo(process, setting, [await setting.plantVerdict(message, 'approve')])
  const row = await setting.reports.read('main', message.report)
  return { row: withoutRevived(row) as ReportRow, blobs: rowsOf(setting), calls: process.calls }
}

function placesOf(calls: readonly string[]): number[] {
  const few = new Set([...new Set(calls)].filter(name => calls.filter(each => each === name).length <= FEW))
  return calls.flatMap((name, i) => (few.has(name) || i % STRIDE === 0 ? [i + 1] : []))
}

describe('a condemner that is ended', () => {
  for (const approved of [false, true]) {
    it(`leads to the same once its message comes again${approved ? ', also after a verdict' : ''} (I8)`, async test => {
      const directory = scratch(test)
      const plain = await runOnce(directory, undefined, approved)
      assert.equal(plain.row.state, 'done')
      const deaths = SIDES.flatMap(side => placesOf(plain.calls).map(nth => ({ nth, side })))
      for (const death of deaths) {
        const { row, blobs } = await runOnce(directory, death, approved)
        const name = `${death.side} ${plain.calls[death.nth - 1]}, call ${death.nth}`
        assert.deepEqual(row, plain.row, name)
        assert.deepEqual(blobs, plain.blobs, name)
      }
      test.diagnostic(`${deaths.length} deaths, at ${plain.calls.length} calls`)
    })
  }
})
