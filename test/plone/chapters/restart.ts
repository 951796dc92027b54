import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { type Chapter, halves } from '../story.ts'
import { visitAll } from '../visit.ts'
import { requireTruth, visitTruth } from '../visit-truth.ts'

const SOME = 60

export const restart: Chapter = {
  title: 'a dead agent makes nothing missing, and a restart without the cache loses nothing (I7, I11)',
  async tell(story) {
    const { site, truth, figures } = story
    const addresses = [...truth.keys()]
    await site.stopAgent('SIGKILL')
    requireTruth(story, await visitAll(site.urls.zope, addresses.slice(0, SOME)))
    // What Plone leaves to nginx then, nobody sends; and nobody says that it is missing.
    const refused = await visitAll(site.urls.nginx, addresses.slice(0, SOME))
    requireTruth(
      story,
      refused.filter(({ status }) => status !== 502),
    )

    await site.stopZope()
    rmSync(site.paths.cache, { recursive: true })
    await site.startAgent()
    figures.say(`Zope answers ${(await site.startZope()).toFixed(1)} s after it was started`)
    const [some] = halves(addresses)
    const { visits, counted } = await visitTruth(story, 'nginx', some)
    assert.equal(counted.failed, 0)
    figures.visited('nginx, bucket, after a restart', visits)
  },
}
