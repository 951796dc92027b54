import assert from 'node:assert/strict'
import { addPicture, listPictures } from '../pictures.ts'
import { type Chapter, halves } from '../story.ts'
import { visitAll } from '../visit.ts'
import { visitTruth } from '../visit-truth.ts'

const SOME = 24

export const outage: Chapter = {
  title:
    'the bucket goes away: what is on the host is served, new pictures are taken, and nothing is called missing (I11)',
  async tell(story) {
    const { site, truth, figures } = story
    const [here, away] = halves([...truth.keys()])
    const [picture] = await listPictures(story)
    assert.ok(picture)
    site.takeBucketAway()
    for (const route of ['nginx', 'zope'] as const) {
      const { visits } = await visitTruth(story, route, here)
      figures.visited(`${route}, without a bucket`, visits)
      const failed = await visitAll(site.urls[route], away.slice(0, SOME))
      const statuses = new Set(failed.map(({ status }) => status))
      assert.deepEqual(
        [...statuses].filter(status => status < 500),
        [],
        `${route}: ${[...statuses]}`,
      )
      figures.visited(`${route}, refused with ${[...statuses]}`, failed)
    }
    const young = await addPicture(story, 12)
    for (const route of ['nginx', 'zope'] as const) await visitTruth(story, route, [young])

    site.bringBucketBack()
    for (const route of ['nginx', 'zope'] as const) await visitTruth(story, route, [...truth.keys()])
  },
}
