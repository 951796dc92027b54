import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createInTurn } from '../../client/url/in-turn.ts'

it('works go on so many at a time, in their order, whether they succeed or not', async () => {
  const inTurn = createInTurn(3)
  const begun: number[] = []
  let [underWay, most] = [0, 0]
  const works = Array.from({ length: 20 }, (_, number) =>
    inTurn(async () => {
      begun.push(number)
      most = Math.max(most, ++underWay)
      await turn()
      underWay -= 1
      if (number % 4 === 0) throw new Error('failed')
      return number
    }),
  )
  const ended = await Promise.allSettled(works)
  assert.deepEqual(
    ended.map(result => result.status === 'fulfilled' && result.value),
    Array.from({ length: 20 }, (_, number) => number % 4 !== 0 && number),
  )
  assert.deepEqual([most, underWay], [3, 0])
  assert.deepEqual(
    begun,
    begun.toSorted((a, b) => a - b),
  )
})
