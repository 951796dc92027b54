import assert from 'node:assert/strict'
import { addPicture } from '../pictures.ts'
import { type Chapter, DAY, HOUR, missingInBucket, type Story } from '../story.ts'
import { visitTruth } from '../visit-truth.ts'
import { archiveAll, releaseAll, usage } from './archive.ts'

const GRACE = 14 * DAY

/** What `nice-blobs gc list` tells of a report, as far as it matters here. */
interface Report {
  readonly report: string
  readonly state: string
  readonly counts?: { readonly condemned: number }
}

export const pack: Chapter = {
  title: 'a pack reports what is kept; all else is condemned, swept after its grace, and undeleted (I4, I5)',
  async tell(story) {
    const { site, blobs, figures, truth } = story
    await archiveAll(story)
    await releaseAll(story)
    await runProgram(story, 'zodbpack', '--days=-1', site.paths.packConf)
    const kept = await keptRefs(story)
    const garbage = [...blobs.keys()].filter(ref => !kept.has(ref))
    const { report, counts } = await follow(story, 'waiting')
    assert.equal(counts?.condemned, garbage.length)
    await site.functions.advance(GRACE + DAY)
    assert.deepEqual(await missingInBucket(story, blobs.keys()), [], 'one report sweeps nothing')

    await addPicture(story, 11)
    await runProgram(story, 'python', '-m', 'nice_blobs.live_report', site.paths.zopeConf)
    await follow(story, 'done')
    await site.functions.advance(DAY)
    const swept = await missingInBucket(story, blobs.keys())
    assert.deepEqual(swept.toSorted(), garbage.toSorted(), 'exactly what nothing reaches')
    figures.say(`${kept.size} revisions kept; ${swept.length} blobs swept of ${blobs.size}`)
    figures.taken('after sweeping', usage(story))
    await visitTruth(story, 'nginx', [...truth.keys()])

    // What has only just been swept, a sweep may still be at work on.
    await site.functions.advance(HOUR)
    const undeleted = await site.niceBlobs(['undelete', '--report', report])
    assert.equal(undeleted.status, 0, undeleted.err)
    assert.deepEqual(await missingInBucket(story, blobs.keys()), [])
  },
}

async function runProgram({ site }: Story, name: string, ...words: string[]): Promise<string> {
  const { status, out, err } = await site.runProgram(name, ...words)
  assert.equal(status, 0, `${name} ${words.join(' ')}: ${err}`)
  return out
}

/** What the database names in one snapshot; not only blobs. */
async function keptRefs(story: Story): Promise<Set<string>> {
  const words = ['-m', 'nice_blobs.live_report', story.site.paths.zopeConf, '--print']
  const lines = (await runProgram(story, 'python', ...words)).trimEnd().split('\n')
  const end = lines.pop()
  assert.equal(end, `end ${lines.length}`)
  return new Set(lines.map(line => line.replace(' ', '/')))
}

/** The report that has come last becomes `state`; where it waits for a person, one approves it. */
async function follow(story: Story, state: string): Promise<Report> {
  const { site } = story
  await site.functions.advance(0)
  const report = await lastReport(story)
  assert.equal(report.state, state, JSON.stringify(report))
  if (state === 'done') return report
  const approved = await site.niceBlobs(['gc', 'approve', report.report])
  assert.equal(approved.status, 0, approved.err)
  await site.functions.advance(0)
  const followed = await lastReport(story)
  assert.equal(followed.state, 'done', JSON.stringify(followed))
  return followed
}

async function lastReport({ site }: Story): Promise<Report> {
  const { out } = await site.niceBlobs(['gc', 'list', '--json'])
  return JSON.parse(out.split('\n')[0] ?? '')
}
