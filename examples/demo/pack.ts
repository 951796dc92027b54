import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blobKey } from '../../core/model/key.ts'
import { DAY } from '../../core/model/quantity.ts'
import { formatRef, type Ref } from '../../core/model/ref.ts'
import { timeToTid } from '../../core/model/tid.ts'
import type { StackFunctions } from '../../sandbox/functions/stack-functions.ts'
import { type Installation, startInstallation } from '../../sandbox/installation.ts'
import { copyBlobDirectory, type TrueBlob, wholeBlobs } from './fixture.ts'
import { requireCommand } from './run-command.ts'

/** What becomes of blobs that a pack has forgotten: condemned, swept weeks later, and brought back all the same. */

const BUCKET = 'pack-blobs'
const GRACE_DAYS = 14
const FORGOTTEN = 8

interface Cycle {
  installation: Installation
  functions: StackFunctions
  blobs: readonly TrueBlob[]
  run(words: readonly string[], input?: string): Promise<string>
}

export interface Pack {
  waited: string
  condemned: number
  swept: number
  /** Living blobs that were whole in the bucket after the sweep. */
  living: number
  undeleted: number
  whole: number
  of: number
}

export async function livePack(): Promise<Pack> {
  const base = mkdtempSync(join(tmpdir(), 'nice-blobs-pack-'))
  const installation = await startInstallation({
    ...{ directory: join(base, 'installation'), bucket: BUCKET, table: 'pack-index' },
    time: Date.now() + DAY,
  })
  try {
    return await packAndSweep(await begin(installation, base))
  } finally {
    await installation.end()
    rmSync(base, { recursive: true, force: true })
  }
}

async function begin(installation: Installation, base: string): Promise<Cycle> {
  const volume = join(base, 'blobstorage')
  const blobs = copyBlobDirectory(volume)
  const databases = { main: { archive: { quiet: '0s' } } }
  const stack = { garbage: { grace: `${GRACE_DAYS}d` }, schedule: { every: '1d' } }
  const functions = await installation.deploy({ databases, stack })
  const config = installation.configureHost('web1', {
    cache: { directory: join(base, 'cache') },
    databases: { main: { ...databases.main, volumes: { blobs: volume } } },
  })
  const env = { ...process.env, ...installation.environment, NICE_BLOBS_CONFIG: config }
  const cycle = {
    ...{ installation, functions, blobs },
    run: (words: readonly string[], input?: string) => requireCommand(words, env, input),
  }
  await cycle.run(['archive', volume, '-d', '--delay', '0s'])
  return cycle
}

async function packAndSweep(cycle: Cycle): Promise<Pack> {
  const { functions, blobs, run } = cycle
  const forgotten = blobs.slice(0, FORGOTTEN)
  const living = blobs.slice(FORGOTTEN)
  const report = await sendReport(cycle, living)
  await functions.advance(0)
  const waits = JSON.parse(await run(['gc', 'show', report, '--json']))
  assert.equal(waits.state, 'waiting', 'a fifth of all blobs is more than may be condemned unasked')
  await run(['gc', 'approve', report])
  await functions.advance(0)
  const condemned = functions.metric('CondemnedBlobs')?.value ?? 0
  await functions.advance((GRACE_DAYS + 1) * DAY)
  assert.equal(wholeIn(cycle, blobs), blobs.length, 'one report sweeps nothing')
  await sendReport(cycle, living)
  await functions.advance(DAY)
  const swept = blobs.length - wholeIn(cycle, blobs)
  const survivors = wholeIn(cycle, living)
  await run(['undelete', ...forgotten.map(formatRef)])
  const whole = wholeIn(cycle, blobs)
  const [told] = waits.reasons
  return {
    waited: told.told,
    ...{ condemned, swept, living: survivors, undeleted: wholeIn(cycle, forgotten), whole, of: blobs.length },
  }
}

/** What a packed database would report, with a transaction of this moment, since it goes on. */
async function sendReport({ installation, run }: Cycle, living: readonly Ref[]): Promise<string> {
  const root: Ref = { oid: '0000000000000000', tid: timeToTid(installation.clock.now()) }
  const lines = [...living, root].map(({ oid, tid }) => `${oid} ${tid}\n`)
  const said = await run(['live-report', '--json'], `${lines.join('')}end ${lines.length}\n`)
  return JSON.parse(said).report
}

function wholeIn({ installation }: Cycle, blobs: readonly TrueBlob[]): number {
  return wholeBlobs(blobs, ref => installation.sandbox.s3.objectFile(BUCKET, blobKey('main', ref))).length
}
