import { type Archive, makeRow, recordRow } from './archive.ts'
import type { BlobRow } from './model/blob-row.ts'
import { BlobMissing, BlobUnavailable, NiceBlobsError } from './model/errors.ts'
import { blobKey } from './model/key.ts'
import { formatMoment } from './model/moment.ts'
import { formatRef, type Ref } from './model/ref.ts'
import { type Keeping, planRestoration, planUndelete, type UndeletePlan } from './model/undelete-plan.ts'
import type { BlobFacts, BlobVersions, StoredBlob } from './ports.ts'
import { restoreVersion } from './restore-version.ts'
import { requireSameObject } from './verify-object.ts'

export interface Undelete extends Archive {
  readonly versions: BlobVersions
  /** Undefined where the configuration does not say. */
  readonly keeping: Keeping | undefined
}

/**
 * `revived`: it was condemned, and its object was verified · `restored`: a version was copied onto its key · `returned`: its
 * object was there again already · `indexed`: likewise, and it had no row · `archived before`: it was no garbage.
 */
type UndeleteOutcome = 'revived' | 'restored' | 'returned' | 'indexed' | 'archived before'

export interface Undeleted {
  readonly outcome: UndeleteOutcome
  readonly plan: UndeletePlan
  readonly bytes: number
}

/** A live report, an archiver or another undelete may change the row meanwhile; each round begins with it as it is by then. */
const ROUNDS = 3

/**
 * Makes a blob archived again, byte for byte (I5). The row is written last, and only for an object that was verified: what
 * ended anywhere is continued by the next (I8).
 */
export async function undeleteBlob(undelete: Undelete, ref: Ref): Promise<Undeleted> {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const [row] = await undelete.index.find(undelete.database, [ref])
    const plan = planUndelete(row, undelete.now(), undelete.keeping)
    if (plan.step === 'wait') throw busy(ref, plan.reason)
    const work = row ? undeleteKnown(undelete, row, plan) : undeleteUnknown(undelete, ref, plan)
    const done = await work.catch((error: unknown) => unlessChanged(undelete, ref, row, error))
    if (done) return done
  }
  throw busy(ref, 'its row changes again and again')
}

/** An object that vanished while the sweeper took up its row is no conflict: another round sees what it is by then. */
async function unlessChanged(
  { index, database }: Undelete,
  ref: Ref,
  before: BlobRow | undefined,
  error: unknown,
): Promise<undefined> {
  if (error instanceof BlobUnavailable) throw error
  const [row] = await index.find(database, [ref])
  if (row?.state === before?.state && row?.archivedAt === before?.archivedAt) throw error
}

/** Undefined when somebody else was faster with the row. */
async function undeleteKnown(
  undelete: Undelete,
  row: BlobRow,
  plan: UndeletePlan,
): Promise<Undeleted | undefined> {
  const { database, bucket, index } = undelete
  const key = blobKey(database, row)
  const object = await bucket.head(key)
  if (!object) return restoreKnown(undelete, key, row, plan)
  const told = { plan, bytes: row.size }
  // Another version than the row's was brought back by one that ended before it wrote the row.
  if (row.state === 'archived' && row.versionId === object.versionId)
    return { outcome: 'archived before', ...told }
  const known = row.versionId === undefined ? undefined : { versionId: row.versionId }
  const stored = await requireSameObject(bucket, key, row, known)
  if (!(await index.replace(row, makeRow(database, row, row, stored)))) return undefined
  return { outcome: row.state === 'condemned' ? 'revived' : 'returned', ...told }
}

/**
 * The sweeper writes its row before it places its marker: what is gone, and still condemned afterwards, somebody else has marked. The row
 * stays garbage until all is done, so that whoever looks for garbage finds what ended in between (I8).
 */
async function restoreKnown(
  undelete: Undelete,
  key: string,
  row: BlobRow,
  plan: UndeletePlan,
): Promise<Undeleted | undefined> {
  const { database, index } = undelete
  const [afterwards] = await index.find(database, [row])
  if (afterwards?.state !== row.state) return undefined
  const stored = await restoreVersion(undelete, key, row)
  if (!stored) throw forgotten(row, plan)
  if (!(await index.replace(row, makeRow(database, row, row, stored)))) return undefined
  return { outcome: 'restored', plan, bytes: row.size }
}

/** Without a row all that is known of a blob is what its object or its versions say of themselves (I10). */
async function undeleteUnknown(
  undelete: Undelete,
  ref: Ref,
  search: UndeletePlan,
): Promise<Undeleted | undefined> {
  const { database, bucket, versions, now, keeping } = undelete
  const key = blobKey(database, ref)
  const object = await bucket.head(key)
  if (object) {
    const facts = { size: object.size, sha256: object.sha256 ?? '' }
    const stored = await requireSameObject(bucket, key, facts)
    return recordUnknown(undelete, ref, { ...stored, ...facts }, { outcome: 'indexed', plan: search })
  }
  const marker = (await versions.list(key)).find(({ marker }) => marker)
  const plan = marker ? planRestoration(marker.lastModified, now(), keeping) : search
  if (plan.step === 'wait') throw busy(ref, plan.reason)
  const stored = await restoreVersion(undelete, key)
  if (!stored) throw forgotten(ref, plan)
  return recordUnknown(undelete, ref, stored, { outcome: 'restored', plan })
}

async function recordUnknown(
  undelete: Undelete,
  ref: Ref,
  stored: StoredBlob & Pick<BlobFacts, 'sha256'>,
  done: Omit<Undeleted, 'bytes'>,
): Promise<Undeleted | undefined> {
  const row = await recordRow(undelete, makeRow(undelete.database, ref, stored, stored))
  return row.state === 'archived' ? { ...done, bytes: stored.size } : undefined
}

function busy(ref: Ref, reason: string): NiceBlobsError {
  return new NiceBlobsError('BLOB_BUSY', reason, {
    subject: formatRef(ref),
    hint: 'run it again later',
  })
}

function forgotten(ref: Ref, { reason, until }: UndeletePlan): BlobMissing {
  const end = until === undefined ? '' : `; until ${formatMoment(until)} it could be undone`
  return new BlobMissing(`no version of it is left in the bucket (${reason}${end})`, {
    subject: formatRef(ref),
    hint: 'the replica keeps versions for longer: docs/operations.md, "Undelete"; for a ref that was never here, look at --database',
  })
}
