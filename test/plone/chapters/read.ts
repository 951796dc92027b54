import assert from 'node:assert/strict'
import { type Chapter, halves, pathOf } from '../story.ts'
import { visitTruth, visitUnasked } from '../visit-truth.ts'
import { usage } from './archive.ts'

export const read: Chapter = {
  title:
    'every picture and every scale comes back byte-identical from the bucket, once, then from the cache, by the path it always had (I2, I12)',
  async tell(story) {
    const { figures, truth } = story
    const [some, others] = halves([...truth.keys()])
    const missed = await visitTruth(story, 'nginx', some)
    assert.equal(missed.counted.delivered.bucket, some.length)
    figures.visited('nginx, bucket', missed.visits)
    const fetched = await visitTruth(story, 'zope', others)
    assert.equal(fetched.counted.read.bucket, others.length)
    figures.visited('Zope alone, bucket', fetched.visits)

    const hits = await visitTruth(story, 'nginx', others)
    assert.equal(hits.counted.delivered.cache, others.length)
    figures.visited('nginx, cache', hits.visits)
    figures.visited('Zope alone, cache', await visitUnasked(story, some))
    for (const [ref, path] of story.paths) assert.equal(await pathOf(story, ref), path)
    figures.taken('after all was read', usage(story))
  },
}
