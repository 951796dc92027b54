import { BlobUnavailable } from '../../core/model/errors.ts'
import type { BucketRight, BucketRights, Outcome, RowRights } from '../../core/model/right.ts'
import { type Condition, failure } from './diagnosis.ts'
import { unsafe } from './settings.ts'

/** What these credentials may do, judged: first what is as it should be, then each finding. */

const WORDS: Readonly<Record<BucketRight, string>> = {
  list: 'list',
  read: 'read',
  create: 'create',
  mark: 'delete blobs',
  deleteVersion: 'delete versions',
  overwrite: 'overwrite blobs',
  reach: 'see other databases',
}
const RIGHTS = Object.keys(WORDS) as BucketRight[]
const NEEDED: readonly BucketRight[] = ['list', 'read', 'create']
const HARMFUL: readonly BucketRight[] = ['mark', 'deleteVersion', 'overwrite']
const ROLE = 'give hosts the role of their database (docs/security.md)'

/** `bucket`: its name. */
export function judgeBucketRights(rights: BucketRights, bucket: string): Condition[] {
  const are = (outcome: Outcome['outcome']) => RIGHTS.filter(right => rights[right].outcome === outcome)
  const allowed = are('allowed')
  const denied = are('denied')
  const found = tellGood(
    allowed.filter(right => NEEDED.includes(right)),
    denied.filter(right => right !== 'list' && right !== 'read'),
  )
  if (denied.includes('read')) {
    const detail = { subject: `s3://${bucket}`, hint: ROLE }
    found.push(failure(new BlobUnavailable('ACCESS_DENIED', 'these credentials may not read', detail)))
  }
  const harmful = allowed.filter(right => HARMFUL.includes(right))
  if (harmful.length > 0) {
    const hint = `the shield is missing or spares these credentials: raise stack.shieldRevision and deploy (npx cdk deploy --all), and ${ROLE}`
    found.push(failure(unsafe(bucket, `these credentials may ${words(harmful)}`, hint)))
  }
  if (allowed.includes('reach')) found.push(excess(`these credentials may ${WORDS.reach}`))
  return [...found, ...tellUnknown(rights), ...Object.values(rights).flatMap(tellTrouble)]
}

function tellGood(may: readonly BucketRight[], mayNot: readonly BucketRight[]): Condition[] {
  const parts = [may.length > 0 && `may ${words(may)}`, mayNot.length > 0 && `may not ${words(mayNot)}`]
  const told = parts.filter(part => part !== false).join('; ')
  const reader = mayNot.includes('create') ? ': a reader’s' : ''
  return told === '' ? [] : [{ level: 'ok', told: `these credentials ${told}${reader}` }]
}

/** One line for each reason. */
function tellUnknown(rights: BucketRights): Condition[] {
  const whyOf = (right: BucketRight) => (rights[right].outcome === 'unknown' ? rights[right].why : '')
  const unknown = RIGHTS.filter(right => whyOf(right) !== '')
  return [...Map.groupBy(unknown, whyOf)].map(([why, each]) => {
    const told = `whether these credentials may ${words(each)} is not known: ${why}`
    return { level: 'skipped', told }
  })
}

function tellTrouble(tried: Outcome): Condition[] {
  if (tried.outcome === 'failed') return [failure(tried.error)]
  if (tried.outcome !== 'allowed' || tried.left === undefined) return []
  const mend = 'it is no blob’s and does no harm; whoever may can delete it'
  return [{ level: 'warn', told: `an attempt left something behind: ${tried.left}`, mend }]
}

/** `guarded`: whether policies could keep rows from being deleted. */
export function judgeRowRights(
  { write, remove }: RowRights,
  rows: { table: string; database: string; guarded: boolean },
): Condition {
  for (const each of [write, remove]) if (each.outcome === 'failed') throw each.error
  const writing = write.outcome === 'allowed' ? 'write' : 'only read'
  const deleting = remove.outcome === 'allowed' ? 'delete' : 'not delete'
  const told = `the table ${rows.table} answers; these credentials may ${writing} and ${deleting} rows of ${rows.database}`
  return remove.outcome === 'allowed' && rows.guarded ? excess(told) : { level: 'ok', told }
}

function excess(told: string): Condition {
  return { level: 'warn', told: `${told}: an administrator’s, more than a host needs`, mend: ROLE }
}

function words(rights: readonly BucketRight[]): string {
  return rights.map(right => WORDS[right]).join(', ')
}
