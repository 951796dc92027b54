import type { ErrorCode } from '../../../core/model/errors.ts'
import { DAY } from '../../../core/model/quantity.ts'
import {
  type Bytes,
  NAMES,
  type Name,
  NOTHING,
  type Oracle,
  type Places,
  refOf,
  sizeOf,
  timeOf,
  writtenAt,
} from './oracle.ts'

/**
 * What every operation tells and leaves behind when nothing comes between. Each changes the oracle's blobs to what they
 * are afterwards.
 */

/** What an operation tells; in no particular order, since it works on several blobs at a time. */
export interface Told {
  outcomes: string[]
  errors: ErrorCode[]
}

export interface PolicyOptions {
  /** Days. */
  minAge: number
  minSize: number
  /** Minutes. */
  quiet: number
  allowEmpty: boolean
}

export interface ArchiveOptions extends PolicyOptions {
  jobs: number
  /** Days; without it nothing is released. */
  delay?: number
}

export function predictArchive(oracle: Oracle, options: ArchiveOptions): Told {
  const told: Told = { outcomes: [], errors: [] }
  for (const name of NAMES) returnAside(oracle.blobs[name], told)
  for (const name of dueIn(oracle, options)) archiveOne(oracle, name, options, told)
  return told
}

/** What a dry run tells: what is due, in order, and how much stays for which reason. */
export function predictPlan(oracle: Oracle, options: PolicyOptions): Told {
  const kept: Record<string, number> = {}
  for (const name of NAMES) {
    const reason = judge(oracle, name, options)
    if (reason && reason !== 'due') kept[reason] = (kept[reason] ?? 0) + 1
  }
  const due = dueIn(oracle, options).map((name, i) => `${i + 1}. ${name}`)
  return { outcomes: [...due, ...Object.entries(kept).map(([why, blobs]) => `${why}: ${blobs}`)], errors: [] }
}

function returnAside(blob: Places, told: Told): void {
  for (const bytes of blob.aside) {
    blob.volume ??= bytes
    if (blob.volume !== bytes) told.errors.push('BLOB_CONFLICT')
  }
  blob.aside = blob.aside.filter(bytes => bytes !== blob.volume)
}

function dueIn(oracle: Oracle, options: PolicyOptions): Name[] {
  const size = (name: Name) => sizeOf(oracle.blobs[name].volume ?? NOTHING)
  const due = NAMES.filter(name => judge(oracle, name, options) === 'due')
  const order = (name: Name) => refOf(name).oid + refOf(name).tid
  return due.sort((a, b) => size(b) - size(a) || (order(a) < order(b) ? -1 : 1))
}

function judge({ blobs, clock }: Oracle, name: Name, options: PolicyOptions): string | undefined {
  const { volume } = blobs[name]
  if (volume === undefined) return undefined
  const age = timeOf(clock) - writtenAt(name)
  if (age < 0) return 'from the future'
  if (age < options.minAge * DAY) return 'too young'
  if (sizeOf(volume) === 0 && !options.allowEmpty) return 'empty'
  if (sizeOf(volume) < options.minSize) return 'too small'
  return options.quiet > 0 && clock !== 'fast' ? 'changed lately' : 'due'
}

function archiveOne(oracle: Oracle, name: Name, { delay }: ArchiveOptions, told: Told): void {
  const blob = oracle.blobs[name]
  const say = (what: string | Conflict) => {
    if (what === CONFLICT) told.errors.push(CONFLICT)
    else told.outcomes.push(`${name}: ${what}`)
  }
  const archived = archiveBlob(blob)
  if (archived !== 'archived before' || delay === undefined) say(archived)
  if (archived !== CONFLICT && delay !== undefined) say(releaseBlob(oracle, blob, delay))
}

const CONFLICT = 'BLOB_CONFLICT'
type Conflict = typeof CONFLICT

function archiveBlob(blob: Places): string | Conflict {
  const { volume: bytes = NOTHING, row, object } = blob
  if (row && sizeOf(row.bytes) === sizeOf(bytes)) return row.bytes === bytes ? 'archived before' : CONFLICT
  blob.object ??= { stored: bytes, bytes }
  if (!isWhole(blob.object, bytes) || row) return CONFLICT
  blob.row = { bytes }
  return object ? 'present' : 'archived'
}

function releaseBlob({ clock, packing }: Oracle, blob: Places, delay: number): string | Conflict {
  const { volume: bytes = NOTHING, row, object } = blob
  // The row has the bucket's time, and the bucket's clock is right.
  if (delay > 0 && clock !== 'fast') return 'within the release delay'
  if (packing) return 'the volume is packing'
  if (row?.bytes !== bytes || !isWhole(object, bytes)) return CONFLICT
  blob.volume = undefined
  return 'released'
}

function isWhole(object: Places['object'], bytes: Bytes): boolean {
  return object?.stored === bytes && object.bytes === bytes
}

export interface RecallOptions {
  to: 'volume' | 'copy'
  verify: boolean
  jobs: number
  /** All, without it. */
  only?: readonly Name[]
}

export function predictRecall(oracle: Oracle, { to, verify, only = NAMES }: RecallOptions): Told {
  const told: Told = { outcomes: [], errors: ['BLOB_CONFLICT'] }
  for (const name of NAMES) {
    const blob = oracle.blobs[name]
    const there = blob[to]
    if (!blob.object || !only.includes(name)) continue
    const { stored, bytes } = blob.object
    if (there === undefined) {
      if (stored !== bytes) told.errors.push('BLOB_DAMAGED')
      else {
        blob[to] = bytes
        told.outcomes.push(`${name}: recalled`)
      }
    } else if (sizeOf(there) !== sizeOf(bytes) || (verify && there !== stored))
      told.errors.push('BLOB_CONFLICT')
    else told.outcomes.push(`${name}: present`)
  }
  return told
}

export type ReadBy = 'locate' | 'path' | 'open' | 'stream'

export function predictRead({ blobs, cached }: Oracle, name: Name, by: ReadBy): Told {
  const { volume, object } = blobs[name]
  const found = (tier: string, bytes: Bytes): Told => ({
    outcomes: [by === 'locate' ? `${tier}: ${bytes}` : bytes],
    errors: [],
  })
  const local = cached[name]
  if (local !== undefined) return found('cache', local)
  if (volume !== undefined) return found('volume', volume)
  if (!object) return { outcomes: [], errors: ['BLOB_MISSING'] }
  if (object.stored !== object.bytes) return { outcomes: [], errors: ['BLOB_DAMAGED'] }
  return found('bucket', object.bytes)
}
