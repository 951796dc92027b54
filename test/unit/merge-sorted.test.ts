import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { mergeSorted } from '../../core/merge-sorted.ts'

async function* streamOf<T>(items: readonly T[], ended: () => void = () => {}): AsyncGenerator<T> {
  try {
    yield* items
  } finally {
    ended()
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const item of items) collected.push(item)
  return collected
}

describe('merging sorted streams', () => {
  it('gives what sorting all of them together gives', async () => {
    const words = fc.array(fc.stringMatching(/^[a-c]{1,3}$/)).map(list => list.sort())
    await fc.assert(
      fc.asyncProperty(fc.array(words), async lists => {
        const streams = lists.map(list => streamOf(list))
        assert.deepEqual(await collect(mergeSorted(streams, word => word)), lists.flat().sort())
      }),
    )
  })

  it('ends every stream when its reader stops, and when one of them fails', async () => {
    let ended = 0
    const counted = (items: string[]) => streamOf(items, () => (ended += 1))
    for await (const _ of mergeSorted([counted(['a', 'c']), counted(['b', 'd'])], word => word)) break
    assert.equal(ended, 2)
    async function* failing(): AsyncGenerator<string> {
      yield 'a'
      throw new Error('an outage')
    }
    const merged = mergeSorted([failing(), counted(['b', 'd'])], word => word)
    await assert.rejects(collect(merged), /an outage/)
    assert.equal(ended, 3)
  })
})
