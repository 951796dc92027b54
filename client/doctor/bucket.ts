import { tryBucketRights } from '../../core/aws/bucket-rights.ts'
import { keepsVersions, readPolicy, readReplicas } from '../../core/aws/bucket-settings.ts'
import { readIdentity } from '../../core/aws/identity.ts'
import { type Probe, probeBucket } from '../../core/aws/probe.ts'
import type { BucketConfig, Config } from '../../core/model/config.ts'
import { NiceBlobsError } from '../../core/model/errors.ts'
import { blobPrefix } from '../../core/model/key.ts'
import { type Condition, type Diagnosis, diagnose, isDenied, judgeClock } from './diagnosis.ts'
import { judgeBucketRights } from './rights.ts'
import { asFarAsSeen, judgeReplication, judgeShield, judgeVersioning } from './settings.ts'

const NOT_OF_S3: Condition = { level: 'skipped', told: 'this is another server than S3' }
const NO_ANSWER: Condition = { level: 'skipped', told: 'the bucket does not answer' }

export function examineIdentity({ region, endpoint }: BucketConfig): Promise<Diagnosis> {
  return diagnose('identity', async () => {
    if (endpoint !== undefined) return NOT_OF_S3
    try {
      return { level: 'ok', told: await readIdentity(region) }
    } catch (error) {
      if (!(error instanceof NiceBlobsError) || error.code === 'CREDENTIALS_WRONG') throw error
      return { level: 'skipped', told: `${error.subject}: ${error.message}; nothing else needs it` }
    }
  })
}

/** Answers which databases these credentials may only read. A bucket that refuses this host's clock is the clock's failure. */
export async function* examineBucket(config: Config): AsyncGenerator<Diagnosis, ReadonlySet<string>> {
  const { bucket, databases } = config
  const probes: [database: string, Probe][] = []
  for (const database of Object.keys(databases)) {
    const prefix = blobPrefix(database)
    const probe = await probeBucket(bucket, prefix)
    probes.push([database, probe])
    yield await diagnose(probe.error?.code === 'CLOCK_WRONG' ? 'clock' : 'bucket', () => {
      if (probe.error) throw probe.error
      return { level: 'ok', told: `s3://${bucket.name}/${prefix} can be listed` }
    })
  }
  const clock = probes.map(([, { ahead }]) => ahead).find(ahead => ahead !== undefined)
  yield await diagnose('clock', () => judgeClock(clock))
  const answered = probes.some(([, probe]) => answers(probe))
  yield* examineSettings(config, answered)
  const readers = new Set<string>()
  for (const [database, probe] of probes) {
    const part = `rights ${database}`
    const rights = answers(probe) ? await tryBucketRights(bucket, database, probe) : undefined
    for (const found of rights ? judgeBucketRights(rights, bucket.name) : [NO_ANSWER])
      yield await diagnose(part, () => found)
    if (rights?.create.outcome === 'denied') readers.add(database)
  }
  return readers
}

/** A refusal is an answer. */
function answers({ error }: Probe): boolean {
  return error === undefined || isDenied(error)
}

async function* examineSettings({ bucket, stack }: Config, answered: boolean): AsyncGenerator<Diagnosis> {
  const { name } = bucket
  const onS3 = bucket.endpoint === undefined
  const examine = (part: string, look: () => Promise<Condition>) =>
    diagnose(part, () => (answered ? asFarAsSeen(look) : NO_ANSWER))
  yield await examine('versioning', async () => judgeVersioning(await keepsVersions(bucket), name, onS3))
  yield await examine('shield', async () =>
    onS3 ? judgeShield(await readPolicy(bucket), name, stack !== undefined) : NOT_OF_S3,
  )
  yield await examine('replication', async () =>
    onS3 ? judgeReplication(await readReplicas(bucket), stack?.replica?.bucket) : NOT_OF_S3,
  )
}
