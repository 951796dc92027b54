import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import { tryRowRights } from '../../core/aws/row-rights.ts'
import { configPath, loadConfig } from '../../core/load-config.ts'
import type { Config } from '../../core/model/config.ts'
import { NO_BLOB } from '../../core/model/right.ts'
import { chooseDatabase } from '../settings.ts'
import { examineBucket, examineIdentity } from './bucket.ts'
import { type Condition, type Diagnosis, diagnose, isDenied } from './diagnosis.ts'
import { examineCache, examineVolume } from './directories.ts'
import { judgeRowRights } from './rights.ts'
import { examineSigningKeys } from './signing-key.ts'

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
  yield await examineIdentity(config.bucket)
  const readers = yield* examineBucket(config)
  if (config.index) yield* examineIndex(config, config.index, readers)
  else {
    const told = 'none is configured; archiving and checking need one'
    yield await diagnose('index', () => ({ level: 'skipped', told }))
  }
  yield* examineSigningKeys(config)
  yield* examineHost(config)
}

async function* examineIndex(
  { bucket, databases }: Config,
  index: NonNullable<Config['index']>,
  readers: ReadonlySet<string>,
): AsyncGenerator<Diagnosis> {
  const client = createDynamoClient(index, bucket)
  const { table } = index
  const examine = async (database: string): Promise<Condition> => {
    try {
      await createDynamoIndex(table, client).find(database, [NO_BLOB])
    } catch (error) {
      if (!isDenied(error) || !readers.has(database)) throw error
      return { level: 'skipped', told: `these credentials only read ${database}, which needs no index` }
    }
    const rights = await tryRowRights(table, client, database)
    return judgeRowRights(rights, { table, database, guarded: index.endpoint === undefined })
  }
  try {
    for (const database of Object.keys(databases)) yield await diagnose('index', () => examine(database))
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
