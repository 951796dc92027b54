import { after, before, describe, it } from 'node:test'
import { archive } from './chapters/archive.ts'
import { edit } from './chapters/edit.ts'
import { fill } from './chapters/fill.ts'
import { outage } from './chapters/outage.ts'
import { pack } from './chapters/pack.ts'
import { read } from './chapters/read.ts'
import { restart } from './chapters/restart.ts'
import { setStage } from './stage.ts'
import type { Story } from './story.ts'

/** One site and one story: a chapter begins where the one before it has ended, and none is told after one that failed. */
describe('a Plone site lives on nice-blobs', () => {
  let story: Story | undefined
  let told = 0
  const chapters = [fill, archive, read, edit, pack, restart, outage]

  before(async () => {
    story = await setStage()
  })
  after(async () => {
    if (story) console.log(story.figures.text())
    await story?.site.end()
  })

  for (const [i, { title, tell }] of chapters.entries())
    it(title, async test => {
      if (!story || told < i) return test.skip('the story broke off')
      await tell(story)
      told += 1
    })
})
