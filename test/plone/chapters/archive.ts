import assert from 'node:assert/strict'
import { diskUsage } from '../figures.ts'
import {
  bucketUsage,
  type Chapter,
  DAY,
  HOUR,
  missingInBucket,
  pathOf,
  type Story,
  volumeRefs,
} from '../story.ts'

/** Of so many runs of the schedule the last has ordered all that is due. */
const RUNS = 6
const EVERY = 6 * HOUR
/** Of whose paths it is seen that they stay. */
const SOME = 20

export const archive: Chapter = {
  title: 'the schedule archives what is a week old, and releases it a day later and no sooner (I1)',
  async tell(story) {
    const { site, figures, blobs } = story
    figures.taken('before archiving', usage(story))
    for (const ref of [...blobs.keys()].slice(0, SOME)) story.paths.set(ref, await pathOf(story, ref))
    await site.live(DAY)
    assert.equal((await missingInBucket(story, blobs.keys())).length, blobs.size, 'nothing is due yet')
    await archiveAll(story)
    assert.equal(volumeRefs(story).size, blobs.size, 'within the release delay')
    await releaseAll(story)
    assert.deepEqual(await missingInBucket(story, blobs.keys()), [])
    figures.taken('after releasing', usage(story))
  },
}

export async function archiveAll(story: Story): Promise<void> {
  await story.site.live(6 * DAY)
  for (let run = 0; run < RUNS && (await missingInBucket(story, volumeRefs(story).keys())).length > 0; run++)
    await story.site.live(EVERY)
  assert.deepEqual(await missingInBucket(story, volumeRefs(story).keys()), [])
}

export async function releaseAll(story: Story): Promise<void> {
  for (let run = 0; run < RUNS && volumeRefs(story).size > 0; run++) await story.site.live(EVERY)
  assert.deepEqual([...volumeRefs(story).keys()], [])
}

export function usage(story: Story): Record<string, number> {
  const { volume, cache } = story.site.paths
  return { volume: diskUsage(volume), cache: diskUsage(cache), bucket: bucketUsage(story) }
}
