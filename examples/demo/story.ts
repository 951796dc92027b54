import assert from 'node:assert/strict'
import type { NiceBlobsError } from '../../client/index.ts'
import { formatBytes } from '../../core/model/quantity.ts'
import { flipByte } from '../../sandbox/flip-byte.ts'
import { fetchThroughEdge, loseKey } from './deliver.ts'
import { wholeBlobs } from './fixture.ts'
import { nightText, requireGoodNight, spendNight } from './night.ts'
import { livePack } from './pack.ts'
import type { Stage } from './stage.ts'

/** One step of the story: what it shows, and the figures it measured. A step that does not hold throws. */
export interface Step {
  title: string
  tell(stage: Stage): Promise<{ text: string; figures: Record<string, unknown> }>
}

const KILLED_AFTER = 12
const EITHER = new Intl.ListFormat('en-GB', { type: 'disjunction' })
const AT_ONCE = ['-d', '--delay', '0s']

export const STORY: readonly Step[] = [
  {
    title: 'plan: what could leave this disk?',
    async tell({ run, volume, blobs }) {
      const { leaves, total } = JSON.parse((await run('plan', volume, '--json')).out)
      assert.equal(total.blobs, blobs.length)
      const sentence = (await run('plan', volume)).out.trimEnd().split('\n').at(-1)
      return { text: `${sentence}.`, figures: { blobs: leaves.blobs, bytes: leaves.bytes } }
    },
  },
  {
    title: 'archive and release, and kill it with SIGKILL in the middle',
    async tell({ runAndKill, volume, blobs, volumeFile, objectFile }) {
      await runAndKill('released', KILLED_AFTER, 'archive', volume, ...AT_ONCE, '--jobs', '2')
      const here = new Set(wholeBlobs(blobs, volumeFile))
      const there = new Set(wholeBlobs(blobs, objectFile))
      assert.ok(here.size > 0 && there.size > 0, 'it was killed in the middle')
      assert.equal(here.union(there).size, blobs.length, 'every blob is whole in one place at least')
      const figures = { here: here.size, there: there.size }
      const text = `killed: ${figures.here} blobs whole in the volume, ${figures.there} in the bucket, none in neither.`
      return { text, figures }
    },
  },
  {
    title: 'run it again: it goes on where it was',
    async tell({ run, volume, blobs, volumeFile }) {
      const { out, status } = await run('archive', volume, ...AT_ONCE)
      assert.equal(status, 0)
      assert.equal(wholeBlobs(blobs, volumeFile).length, 0)
      const freed = blobs.reduce((sum, { size }) => sum + size, 0)
      const said = out.trimEnd().split('\n').at(-1)
      return {
        text: `${said}. The volume’s blobs take 0 B now; ${formatBytes(freed)} are free.`,
        figures: { freed },
      }
    },
  },
  {
    title: 'read from each tier',
    async tell({ run, open, blobs }) {
      const [one, other] = blobs
      assert.ok(one && other)
      assert.equal((await run('recall', `${one.oid}/${one.tid}`)).status, 0)
      const reader = open()
      const tiers = [await reader.locate(one), await reader.locate(other), await reader.locate(other)].map(
        ({ tier }) => tier,
      )
      assert.deepEqual(tiers, ['volume', 'bucket', 'cache'])
      return { text: `the same call found blobs in: ${tiers.join(', ')}.`, figures: { tiers } }
    },
  },
  {
    title: 'damage an object in the bucket and read it',
    async tell({ open, objectFile, blobs }) {
      const victim = blobs.at(-1)
      const file = victim && objectFile(victim)
      assert.ok(file)
      flipByte(file, 100)
      const code = await open()
        .path(victim)
        .then(
          () => 'handed out',
          (error: unknown) => (error as NiceBlobsError).code,
        )
      flipByte(file, 100)
      assert.equal(code, 'BLOB_DAMAGED')
      return {
        text: `one bit flipped: refused with ${code}, nothing published. (It is mended again now.)`,
        figures: { code },
      }
    },
  },
  {
    title: 'recall everything',
    async tell({ run, blobs, volumeFile }) {
      const { status, err } = await run('recall', '--all')
      assert.equal(status, 0, err)
      const whole = wholeBlobs(blobs, volumeFile).length
      assert.equal(whole, blobs.length)
      const text = `${whole} of ${blobs.length} blobs byte-identical, nothing lost.`
      return { text, figures: { whole, of: blobs.length } }
    },
  },
  {
    title: 'deploy one policy and sleep: two hosts share a volume, and one is killed in the night',
    async tell() {
      const { hours, whole, of, seconds } = await spendNight()
      requireGoodNight(hours, whole, of)
      const told = nightText(hours, of)
      const text = `the schedule’s own function, on a simulated clock:\n   ${told}\n   ${whole} of ${of} blobs byte-identical, the volume empty`
      return { text, figures: { hours: hours.length, whole, of, seconds: Math.round(seconds * 10) / 10 } }
    },
  },
  {
    title: 'pack: what nothing reaches any more is condemned, swept weeks later, and undeleted all the same',
    async tell() {
      const { waited, condemned, swept, living, undeleted, whole, of } = await livePack()
      assert.deepEqual(
        [condemned, swept, undeleted, living, whole],
        [swept, condemned, swept, of - swept, of],
      )
      const text =
        `the report ${waited}: it waited for \`gc approve\`.\n   ${condemned} blobs condemned; after 14 days and a second report ${swept} swept, ` +
        `and all ${living} living ones whole.\n   \`undelete\` brought ${undeleted} back: ${whole} of ${of} blobs byte-identical`
      return { text, figures: { condemned, swept, living, undeleted, whole, of } }
    },
  },
  {
    title: 'deliver: browsers fetch blobs straight from the edge, by signed URLs',
    async tell({ edgeStage }) {
      const { whole, of, part, refused } = await fetchThroughEdge(await edgeStage())
      assert.equal(whole, of)
      assert.deepEqual(new Set(Object.values(refused)), new Set([403]))
      const text =
        `${whole} of ${of} blobs byte-identical through the edge, and ${formatBytes(part)} from the middle of a recording.\n   ` +
        `A URL that is ${EITHER.format(Object.keys(refused))}: refused with 403`
      return { text, figures: { whole, of, part, refused } }
    },
  },
  {
    title: 'change the signing keys, and lose one',
    async tell({ edgeStage }) {
      const { before, after, old, code } = await loseKey(await edgeStage())
      assert.deepEqual([old, code], [[200, 403], 'SIGNING_KEY_LIVE'])
      const text =
        `${after} signs in the place of ${before}, whose URLs still open: \`keys retire\` refuses with ${code}.\n   ` +
        'It has leaked? One deployment without its public key, and they are refused with 403, while new ones open'
      return { text, figures: { before, after, old, code } }
    },
  },
]
