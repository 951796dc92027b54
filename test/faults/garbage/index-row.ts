import { type BlobRow, FORMAT_VERSION, mayBecome } from '../../../core/model/blob-row.ts'
import type { Rules } from './rules.ts'
import { BLOB_TID, type State } from './state.ts'
import { hexId } from './tids.ts'

export function makeRow(version: number): BlobRow {
  return {
    formatVersion: FORMAT_VERSION,
    database: 'main',
    oid: hexId(1),
    tid: hexId(BLOB_TID),
    size: 1,
    sha256: '0'.repeat(64),
    contentType: 'image/jpeg',
    versionId: `v${version}`,
    archivedAt: version,
    state: 'archived',
  }
}

/** Undefined when the row is no longer as it was. */
export function replaceRow(state: State, rules: Rules, before: BlobRow, after: BlobRow): State | undefined {
  const { row } = state
  if (!row || !rules.isUnchanged(before, row)) return undefined
  if (row.state !== after.state && !mayBecome(row.state, after.state))
    throw new ForbiddenTransition(`a row that was ${row.state} became ${after.state}`)
  const settled = after.state === 'swept' ? false : state.settled
  return { ...state, row: after, settled }
}

export class ForbiddenTransition extends Error {}
