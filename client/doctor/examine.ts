import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import { probeBucket } from '../../core/aws/probe.ts'
import { configPath, loadConfig } from '../../core/load-config.ts'
import type { Config } from '../../core/model/config.ts'
import { blobPrefix } from '../../core/model/key.ts'
import { makeRef } from '../../core/model/ref.ts'
import { chooseDatabase } from '../settings.ts'
import { type Condition, type Diagnosis, diagnose, judgeClock } from './diagnosis.ts'
import { examineCache, examineVolume } from './directories.ts'

const NO_BLOB = makeRef('0'.repeat(16), '0'.repeat(16))

/** Every part of an installation, whatever is wrong with the others; of one database or of all. */
export async function* examineInstallation(file?: string, database?: string): AsyncGenerator<Diagnosis> {
  let config: Config | undefined
  yield await diagnose('configuration', () => {
    config = loadConfig(file)
    if (database !== undefined)
      config = { ...config, databases: { [database]: chooseDatabase(config, database).settings } }
    return { level: 'ok', told: `${configPath(file)}: ${Object.keys(config.databases).join(', ')}` }
  })
  if (!config) return
  yield* examineBucket(config)
  yield* examineHost(config)
}

/** A bucket that refuses this host's clock is the clock's failure. */
async function* examineBucket(config: Config): AsyncGenerator<Diagnosis> {
  const { bucket, databases } = config
  let clock: number | undefined
  for (const prefix of Object.keys(databases).map(blobPrefix)) {
    const { error, ahead } = await probeBucket(bucket, prefix)
    clock ??= ahead
    yield await diagnose(error?.code === 'CLOCK_WRONG' ? 'clock' : 'bucket', () => {
      if (error) throw error
      return { level: 'ok', told: `s3://${bucket.name}/${prefix} can be listed` }
    })
  }
  yield await diagnose('clock', () => judgeClock(clock))
  yield await diagnose('index', () => examineIndex(config))
}

async function examineIndex({ index, bucket, databases }: Config): Promise<Condition> {
  if (!index) return { level: 'skipped', told: 'none is configured; archiving and checking need one' }
  const client = createDynamoClient(index, bucket)
  try {
    for (const database of Object.keys(databases))
      await createDynamoIndex(index.table, client).find(database, [NO_BLOB])
    return { level: 'ok', told: `the table ${index.table} answers` }
  } finally {
    client.destroy()
  }
}

async function* examineHost({ cache, databases }: Config): AsyncGenerator<Diagnosis> {
  const volumes = Object.values(databases).flatMap(({ volumes }) => Object.entries(volumes))
  yield await diagnose('cache', () => {
    if (!cache) return { level: 'skipped', told: 'none is configured; reading needs one' }
    const directories = volumes.map(([, directory]) => directory)
    return examineCache(cache.directory, directories)
  })
  for (const [name, directory] of volumes)
    yield await diagnose(`volume ${name}`, () => examineVolume(directory))
}
