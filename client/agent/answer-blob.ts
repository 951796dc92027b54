import { archiveBlob } from '../../core/archive.ts'
import { BlobUnavailable } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import { recallBlob } from '../../core/recall.ts'
import { missing } from '../../core/receive.ts'
import { requireOwned, requireOwnUser } from '../../core/volume/volume.ts'
import { type Answer, json } from './answer.ts'
import { giveBytes } from './bytes.ts'
import type { Conditions } from './conditions.ts'
import { chooseVolume, type Database, type Databases } from './databases.ts'
import { type Delivering, deliver } from './deliver.ts'
import type { BlobRequest, UrlRequest, VolumeRequest } from './request.ts'

export interface Answering extends Delivering {
  databases: Databases
}

/** Answers what was asked about one blob, or throws. */
export async function answerBlob(
  answering: Answering,
  request: BlobRequest,
  conditions: Conditions,
): Promise<Answer> {
  const database = answering.databases.open(request.database)
  switch (request.kind) {
    case 'path':
      return givePath(database, answering, request)
    case 'bytes':
      return giveBytes(database, request, conditions.range)
    case 'archive':
      return archive(database, request)
    case 'recall':
      return recall(database, request)
    case 'url':
      return giveUrl(database, request)
    case 'deliver':
      return deliver(answering, database, request, conditions)
  }
}

async function givePath(
  { name, blobs }: Database,
  { measures }: Answering,
  { ref }: VolumeRequest,
): Promise<Answer> {
  const { path, tier } = await blobs.locate(ref)
  measures.found(name, tier)
  return json(200, { path, tier })
}

/** Without an edge the application has the same to do as for a blob that is not archived yet. */
async function giveUrl({ urls, hasEdge }: Database, { ref, wanted }: UrlRequest): Promise<Answer> {
  const signed = hasEdge ? await urls.url(ref, wanted) : undefined
  return json(200, signed ?? { url: null })
}

/** What a volume has under the ref, at once, whatever its age: whoever asks has the transaction in hand. */
async function archive(database: Database, { ref, volume: name }: VolumeRequest): Promise<Answer> {
  const volume = chooseVolume(database, name)
  requireOwned(volume)
  if (!database.archive)
    throw readOnly(
      database.name,
      'does not archive',
      'it was started with --read-only, or the configuration names no index',
    )
  const { outcome } = await archiveBlob(database.archive, ref, volume.pathOf(ref))
  return json(200, { outcome })
}

async function recall(database: Database, { ref, volume: name }: VolumeRequest): Promise<Answer> {
  const volume = chooseVolume(database, name)
  requireOwned(volume)
  requireOwnUser(volume)
  const key = blobKey(database.name, ref)
  const stored = await database.bucket.head(key)
  if (!stored) throw missing(ref, key)
  const origin = { database: database.name, bucket: database.bucket }
  const outcome = await recallBlob(origin, volume, { ref, size: stored.size }, { verify: false })
  return json(200, { outcome })
}

export function readOnly(subject: string, what: string, hint: string): BlobUnavailable {
  return new BlobUnavailable('ACCESS_DENIED', `this agent ${what}`, { subject, hint })
}
