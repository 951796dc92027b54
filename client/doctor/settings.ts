import { NiceBlobsError } from '../../core/model/errors.ts'
import { missingProtections, openErasures } from '../../core/model/shield-policy.ts'
import { type Condition, isDenied } from './diagnosis.ts'

/** How the bucket is set up, judged. What only S3 has is no fault of another server. */

const PUT_AGAIN = 'raise stack.shieldRevision and deploy: npx cdk deploy --all'
const REVERT = 'npx cdk drift --all, then npx cdk deploy --all --revert-drift'

/** Hosts need not see any of it. */
export async function asFarAsSeen(examine: () => Promise<Condition>): Promise<Condition> {
  try {
    return await examine()
  } catch (error) {
    if (!isDenied(error)) throw error
    return { level: 'skipped', told: 'these credentials may not see it, and need not' }
  }
}

export function judgeVersioning(keepsVersions: boolean, bucket: string, onS3: boolean): Condition {
  if (keepsVersions) return { level: 'ok', told: 'the bucket keeps what is overwritten or deleted' }
  const told = 'the bucket keeps no versions: what is overwritten or deleted is gone'
  const mend = 'turn on versioning for the bucket'
  if (onS3) throw unsafe(bucket, told, mend)
  return { level: 'warn', told, mend }
}

/** `ours`: whether the configuration says that the bucket is of our stack. */
const SOUND: Condition = { level: 'ok', told: 'it denies what it should' }

function openFor(blobs: number): Condition {
  const told = `it is open for a lawful erasure of ${blobs} ${blobs === 1 ? 'blob' : 'blobs'}, and else denies what it should`
  return {
    level: 'warn',
    told,
    mend: 'take stack.erasure out of the configuration when it is done, and deploy',
  }
}

export function judgeShield(policy: string | undefined, bucket: string, ours: boolean): Condition {
  const missing = policy === undefined ? [] : missingProtections(policy, bucket)
  const erasable = policy === undefined ? 0 : openErasures(policy)
  if (policy !== undefined && missing.length === 0) return erasable === 0 ? SOUND : openFor(erasable)
  const told =
    policy === undefined
      ? 'the bucket has no policy: whoever has the rights can delete and overwrite'
      : `the bucket’s policy does not keep everybody from ${missing.join(', ')}`
  if (ours) throw unsafe(bucket, told, PUT_AGAIN)
  return { level: 'warn', told, mend: 'give it the policy of the stack: docs/security.md' }
}

/** `replica`: the bucket that the configuration names. */
export function judgeReplication(replicas: readonly string[], replica: string | undefined): Condition {
  if (replica !== undefined && !replicas.includes(replica))
    return { level: 'warn', told: `no blobs are replicated to ${replica}`, mend: REVERT }
  if (replicas.length === 0) return { level: 'skipped', told: 'none is configured' }
  return { level: 'ok', told: `blobs are replicated to ${replicas.join(', ')}` }
}

export function unsafe(bucket: string, message: string, hint: string): NiceBlobsError {
  return new NiceBlobsError('BUCKET_UNSAFE', message, { subject: `s3://${bucket}`, hint })
}
