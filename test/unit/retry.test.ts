import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRetry, isPassing, repeat } from '../../core/aws/retry.ts'
import { NiceBlobsError } from '../../core/model/errors.ts'

const BRIEF = { attempts: 3, firstWait: 1, longestWait: 2 }
const busy = Object.assign(new Error('slow down'), { name: 'SlowDown' })
const yes = () => true

describe('repeating', () => {
  it('tries again until it works, and no more often than it may', async () => {
    let tries = 0
    const failing = (times: number) => async () => {
      tries += 1
      if (tries <= times) throw busy
      return tries
    }
    assert.equal(await repeat(createRetry(BRIEF), failing(2), yes), 3)
    tries = 0
    await assert.rejects(repeat(createRetry(BRIEF), failing(3), yes), busy)
    assert.equal(tries, 3)
  })

  it('tries once only what would fail again', async () => {
    const denied = Object.assign(new Error('no'), { name: 'AccessDenied' })
    const broken = new NiceBlobsError('SOURCE_CHANGED', 'changed', { subject: 'a', hint: 'b' })
    let tries = 0
    for (const error of [denied, broken, new TypeError('a mistake of ours')]) {
      assert.ok(!isPassing(error))
      const work = async () => {
        tries += 1
        throw error
      }
      await assert.rejects(repeat(createRetry(BRIEF), work, isPassing), error)
    }
    assert.equal(tries, 3)
    for (const name of ['SlowDown', 'ECONNRESET', 'TimeoutError', '503', 'ConditionalRequestConflict'])
      assert.ok(isPassing(Object.assign(new Error('later'), { name })), name)
  })

  it('stops when the budget of the process is used up, until something works again', async () => {
    const retry = createRetry({ attempts: 10_000, firstWait: 0, longestWait: 0 })
    let again = 0
    while (await retry.again(1)) again += 1
    assert.equal(again, 100)
    for (let i = 0; i < 5; i += 1) retry.succeeded(1)
    assert.ok(await retry.again(1))
    assert.ok(!(await retry.again(1)))
    // What was repeated with success, has cost nothing.
    retry.succeeded(3)
    assert.deepEqual([await retry.again(1), await retry.again(1), await retry.again(1)], [true, true, false])
  })

  it('waits no longer once it is aborted', async () => {
    const controller = new AbortController()
    const waiting = createRetry({ attempts: 9, firstWait: 1e9, longestWait: 1e9 }).again(1, controller.signal)
    controller.abort()
    assert.equal(await waiting, false)
  })
})
