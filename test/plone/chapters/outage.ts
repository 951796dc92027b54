import assert from 'node:assert/strict'
import { addPicture, originalAddress } from '../pictures.ts'
import { type Chapter, halves } from '../story.ts'
import { visitAll } from '../visit.ts'
import { visitTruth } from '../visit-truth.ts'

const SOME = 12
const PAGE = '/pictures-0/@@album_view'

export const outage: Chapter = {
  title:
    'the bucket goes away: what is on the host is served, new pictures are taken, and nothing is called missing (I11)',
  async tell(story) {
    const { site, truth, figures } = story
    const [here, away] = halves([...truth.keys()])
    const unmade = scalesOf(away.slice(0, SOME))
    site.takeBucketAway()
    for (const route of ['nginx', 'zope'] as const) {
      const { visits } = await visitTruth(story, route, here)
      figures.visited(`${route}, without a bucket`, visits)
      const failed = await visitAll(site.urls[route], [...away.slice(0, SOME), ...unmade])
      const statuses = new Set(failed.map(({ status }) => status))
      assert.deepEqual(
        [...statuses].filter(status => status < 500),
        [],
        `${route}: ${[...statuses]}`,
      )
      figures.visited(`${route}, refused with ${[...statuses]}`, failed)
    }
    const pages = await visitAll(site.urls.nginx, [PAGE])
    assert.deepEqual(
      pages.map(({ status }) => status),
      [200],
    )
    const young = await addPicture(story, 12)
    for (const route of ['nginx', 'zope'] as const) await visitTruth(story, route, [young])

    site.bringBucketBack()
    for (const route of ['nginx', 'zope'] as const) await visitTruth(story, route, [...truth.keys()])
    const made = await visitAll(site.urls.nginx, unmade)
    assert.deepEqual(new Set(made.map(({ status }) => status)), new Set([200]))
    figures.taken('memory at the end', site.memory())
  },
}

/** Which nobody asked for yet, of pictures that are among the addresses. */
function scalesOf(addresses: readonly string[]): string[] {
  const end = originalAddress('')
  const originals = addresses.filter(address => address.endsWith(end))
  return originals.map(address => `${address.slice(0, -end.length)}/@@images/image/great`)
}
