import { allShards, shardOf } from '../../core/model/blob-row.ts'
import { reportId } from '../../core/model/key.ts'
import { formatManifest, type Manifest, RECORD_BYTES } from '../../core/model/live-report.ts'
import type { Ref } from '../../core/model/ref.ts'
import type { Refusal } from '../../core/model/report-row.ts'
import { timeToTid } from '../../core/model/tid.ts'
import { draw } from '../../sandbox/draw.ts'
import { BEGIN, blobs, tidNumber } from '../flows/condemn-setting.ts'
import { refNumber } from '../flows/setting.ts'
import { makeReport, type PlainReport, sha256 } from '../memory/plant-report.ts'

/** What may become of a live report between a database and the condemner, and which refusal each of it is caught by. */

export const HORIZON = 10
/** Ten revisions a shard. */
export const REVISIONS = blobs(640)
/** Those that are blobs: what is dead of them the report does not name. */
export const BLOBS = REVISIONS.slice(0, 300)
export const DEAD = BLOBS.slice(250)
/** Garbage for long, in this generation. */
export const KNOWN = blobs(20, 3)
const ROOT = refNumber(0, tidNumber(HORIZON))
export const NAMED = [...REVISIONS.filter(ref => !DEAD.includes(ref)), ROOT]
/** The same oids, as databases tend to have them, and other transactions. */
const OF_OTHER = [...blobs(640, 2), ROOT]

/** What is stored under the keys of our report. */
export interface Stored {
  /** Of the keys, whatever the manifest says. */
  readonly report: string
  readonly manifest: Buffer
  readonly parts: readonly (Buffer | undefined)[]
}

/** From 0 and below the limit. */
export type Chance = (limit: number) => number

export function chancesOf(seed: number): Chance {
  let place = 0
  return limit => {
    place += 1
    return Math.floor(draw(seed, place) * limit)
  }
}

export interface Corruption {
  readonly caughtBy: readonly Refusal[]
  corrupt(chance: Chance): Stored
}

export const TRUE_REPORT = makeReport(NAMED)

export function store({ manifest, parts }: PlainReport, { report } = manifest): Stored {
  return { report, manifest: Buffer.from(formatManifest(manifest)), parts }
}

/** With parts that the manifest knows nothing of. */
function withParts(change: (parts: (Buffer | undefined)[], chance: Chance) => void, chance: Chance): Stored {
  const parts: (Buffer | undefined)[] = [...TRUE_REPORT.parts]
  change(parts, chance)
  return { ...store(TRUE_REPORT), parts }
}

/** With parts that the manifest agrees with: not an accident, but somebody's program. */
function forged(change: (parts: Buffer[], chance: Chance) => void, chance: Chance): Stored {
  const parts = [...TRUE_REPORT.parts]
  change(parts, chance)
  const facts = parts.map(part => ({
    revisions: Math.floor(part.length / RECORD_BYTES),
    sha256: sha256(part),
  }))
  const revisions = facts.reduce((sum, fact) => sum + fact.revisions, 0)
  return store({ manifest: { ...TRUE_REPORT.manifest, parts: facts, revisions }, parts })
}

/** Under the keys that it had. */
const edited = (change: object) =>
  store({ ...TRUE_REPORT, manifest: { ...TRUE_REPORT.manifest, ...change } }, TRUE_REPORT.manifest)

function editedPart(change: (part: Manifest['parts'][number]) => object, chance: Chance): Stored {
  const at = chance(64)
  const parts = TRUE_REPORT.manifest.parts.map((part, shard) =>
    shard === at ? { ...part, ...change(part) } : part,
  )
  return edited({ parts })
}

function mutated(bytes: Buffer, chance: Chance): Buffer {
  const other = Buffer.from(bytes)
  const at = chance(other.length)
  other[at] = (other[at] ?? 0) ^ (1 + chance(255))
  return other
}

const partOf = (parts: readonly (Buffer | undefined)[], shard: number) => parts[shard] ?? Buffer.alloc(0)

function change(how: (part: Buffer, chance: Chance) => Buffer) {
  return (parts: (Buffer | undefined)[], chance: Chance) => {
    const shard = chance(64)
    parts[shard] = how(partOf(parts, shard), chance)
  }
}

const recordsOf = (part: Buffer) =>
  Array.from({ length: part.length / RECORD_BYTES }, (_, i) =>
    part.subarray(i * RECORD_BYTES, (i + 1) * RECORD_BYTES),
  )

const cut = (part: Buffer, chance: Chance) => part.subarray(0, chance(part.length))
/** Of ten a shard, two that are not next to each other change their places. */
function shuffle(part: Buffer, chance: Chance): Buffer {
  const records = recordsOf(part)
  const from = chance(records.length - 1)
  const [record = Buffer.alloc(0)] = records.splice(from, 1)
  records.splice(from + 1 + chance(records.length - from), 0, record)
  return Buffer.concat(records)
}
function duplicate(part: Buffer, chance: Chance): Buffer {
  const records = recordsOf(part)
  const at = chance(records.length)
  return Buffer.concat([...records.slice(0, at + 1), ...records.slice(at)])
}
function swap(parts: (Buffer | undefined)[], chance: Chance): void {
  const [one, more] = [chance(64), 1 + chance(63)]
  const other = (one + more) % 64
  const kept = parts[one]
  parts[one] = parts[other]
  parts[other] = kept
}

const otherHex = (text: string, chance: Chance): string => {
  const at = chance(text.length)
  const digit = ((Number.parseInt(text[at] ?? '0', 16) + 1 + chance(15)) % 16).toString(16)
  return text.slice(0, at) + digit + text.slice(at + 1)
}

/** As another database, or another time, would have it, under our name and consistent throughout. */
export const claiming = (refs: readonly Ref[], options: Parameters<typeof makeReport>[1] = {}) =>
  store(makeReport(refs, options))

const without = (refs: readonly Ref[], count: number, chance: Chance) => {
  const from = chance(refs.length - count)
  return [...refs.slice(0, from), ...refs.slice(from + count)]
}

export const CORRUPTIONS: Readonly<Record<string, Corruption>> = {
  'a part left out': {
    caughtBy: ['incomplete'],
    corrupt: chance => withParts(parts => delete parts[chance(64)], chance),
  },
  'all parts left out': {
    caughtBy: ['incomplete'],
    corrupt: () => ({ ...store(TRUE_REPORT), parts: [] }),
  },
  'bytes of a part changed': {
    caughtBy: ['damaged'],
    corrupt: chance => withParts(change(mutated), chance),
  },
  'a part cut off': { caughtBy: ['damaged'], corrupt: chance => withParts(change(cut), chance) },
  'a part grown': {
    caughtBy: ['damaged'],
    corrupt: chance =>
      withParts(
        change(part => Buffer.concat([part, part])),
        chance,
      ),
  },
  'records of a part shuffled': {
    caughtBy: ['damaged'],
    corrupt: chance => withParts(change(shuffle), chance),
  },
  'a record of a part doubled': {
    caughtBy: ['damaged'],
    corrupt: chance => withParts(change(duplicate), chance),
  },
  'two parts swapped': { caughtBy: ['damaged'], corrupt: chance => withParts(swap, chance) },
  "a part of another database's report": {
    caughtBy: ['damaged'],
    corrupt: chance =>
      withParts(parts => {
        const shard = chance(64)
        parts[shard] = makeReport(OF_OTHER, { database: 'other' }).parts[shard]
      }, chance),
  },
  "all parts of another database's report": {
    caughtBy: ['damaged'],
    corrupt: () => ({ ...store(TRUE_REPORT), parts: makeReport(OF_OTHER, { database: 'other' }).parts }),
  },
  'bytes of the manifest changed': {
    caughtBy: ['damaged', 'foreign', 'other generation'],
    corrupt(chance) {
      const stored = store(TRUE_REPORT)
      return { ...stored, manifest: mutated(stored.manifest, chance) }
    },
  },
  'the manifest cut off': {
    caughtBy: ['damaged'],
    corrupt(chance) {
      const stored = store(TRUE_REPORT)
      return { ...stored, manifest: cut(stored.manifest, chance) }
    },
  },
  "another database's manifest": {
    caughtBy: ['foreign'],
    corrupt: () => ({
      ...store(makeReport(OF_OTHER, { database: 'other' })),
      report: TRUE_REPORT.manifest.report,
    }),
  },
  "another report's manifest": {
    caughtBy: ['foreign'],
    corrupt: chance =>
      store(makeReport(NAMED, { unique: otherHex('0123456789abcdef', chance) }), TRUE_REPORT.manifest),
  },
  'the manifest with another format': {
    caughtBy: ['damaged'],
    corrupt: chance => edited({ formatVersion: [0, 2, '1', undefined, null][chance(5)] }),
  },
  'the manifest with another database': {
    caughtBy: ['foreign', 'damaged'],
    corrupt: chance => edited({ database: ['other', 'main-old', 'Main', '', undefined][chance(5)] }),
  },
  'the manifest with another id': {
    caughtBy: ['foreign', 'damaged'],
    corrupt(chance) {
      const other = reportId(TRUE_REPORT.manifest.horizon, otherHex('0123456789abcdef', chance))
      return edited({ report: [other, 'x'][chance(2)] })
    },
  },
  'the manifest with another generation': {
    caughtBy: ['other generation', 'damaged'],
    corrupt: chance => edited({ generation: ['0', '2', '11', '', undefined][chance(5)] }),
  },
  'the manifest with another horizon': {
    caughtBy: ['damaged'],
    corrupt: chance => edited({ horizon: otherHex(TRUE_REPORT.manifest.horizon, chance) }),
  },
  'the manifest with other counts': {
    caughtBy: ['damaged'],
    corrupt: chance => edited({ revisions: TRUE_REPORT.manifest.revisions + 1 + chance(100) }),
  },
  'the manifest with another count of a part': {
    caughtBy: ['damaged'],
    corrupt: chance => editedPart(({ revisions }) => ({ revisions: revisions + 1 + chance(3) }), chance),
  },
  'the manifest with counts of two parts that differ and the same sum': {
    caughtBy: ['damaged'],
    corrupt(chance) {
      const at = chance(63)
      const parts = TRUE_REPORT.manifest.parts.map((part, shard) => {
        const more = shard === at ? 1 : shard === at + 1 ? -1 : 0
        return { ...part, revisions: part.revisions + more }
      })
      return edited({ parts })
    },
  },
  'the manifest with another hash of a part': {
    caughtBy: ['damaged'],
    corrupt: chance => editedPart(part => ({ sha256: otherHex(part.sha256, chance) }), chance),
  },
  'the manifest with too many or too few parts': {
    caughtBy: ['damaged'],
    corrupt(chance) {
      const { parts } = TRUE_REPORT.manifest
      return edited({ parts: chance(2) ? parts.slice(1) : [...parts, ...parts.slice(0, 1)] })
    },
  },
  'the manifest with its parts in another order': {
    caughtBy: ['damaged'],
    corrupt(chance) {
      const at = 1 + chance(63)
      const { parts } = TRUE_REPORT.manifest
      return edited({ parts: [...parts.slice(at), ...parts.slice(0, at)] })
    },
  },
  'the manifest without one of its fields': {
    caughtBy: ['damaged'],
    corrupt(chance) {
      const fields = Object.keys(TRUE_REPORT.manifest)
      return edited({ [fields[chance(fields.length)] ?? '']: undefined })
    },
  },
  'records shuffled, and hashed so': {
    caughtBy: ['damaged'],
    corrupt: chance => forged(change(shuffle), chance),
  },
  'a record doubled, and hashed so': {
    caughtBy: ['damaged'],
    corrupt: chance => forged(change(duplicate), chance),
  },
  'a part that ends within a record, and hashed so': {
    caughtBy: ['damaged'],
    corrupt: chance =>
      forged(
        change(part => part.subarray(0, part.length - 1 - chance(15))),
        chance,
      ),
  },
  'two parts swapped, and hashed so': { caughtBy: ['foreign'], corrupt: chance => forged(swap, chance) },
  'a revision younger than the horizon': {
    caughtBy: ['damaged'],
    corrupt(chance) {
      const ref = refNumber(chance(640), tidNumber(HORIZON + 1 + chance(9)))
      const { parts } = makeReport([...NAMED, ref])
      return forged(own => own.splice(0, 64, ...parts), chance)
    },
  },
  "another database's report under our name": {
    caughtBy: ['unrelated'],
    corrupt: chance => claiming(without(OF_OTHER, 1 + chance(300), chance)),
  },
  'a report that names nothing but its root': { caughtBy: ['unrelated'], corrupt: () => claiming([ROOT]) },
  'a report of other objects than the blobs': {
    caughtBy: ['unrelated'],
    corrupt: chance => claiming([...REVISIONS.slice(300 + chance(300)), ROOT]),
  },
  'a report that lacks whole shards': {
    caughtBy: ['too much'],
    corrupt(chance) {
      const lacking = new Set(allShards().filter(() => chance(3) > 0))
      for (const shard of [0, 1, 2]) lacking.delete(shard)
      for (const shard of allShards().slice(3, 35)) lacking.add(shard)
      return claiming(NAMED.filter(ref => !lacking.has(shardOf(ref)) || ref === ROOT))
    },
  },
  'a report that lacks a part of the objects': {
    caughtBy: ['too much'],
    corrupt: chance => claiming([...without(NAMED.slice(0, 250), 60 + chance(150), chance), ROOT]),
  },
  'a report that was cut off, and ended all the same': {
    caughtBy: ['too much'],
    corrupt: chance => claiming([...NAMED.slice(0, 1 + chance(190)), ROOT]),
  },
  'a report of a restored backup in the same generation': {
    caughtBy: ['contradicting'],
    corrupt: chance => claiming([...NAMED, ...KNOWN.slice(chance(KNOWN.length))]),
  },
  'a report of another generation': {
    caughtBy: ['other generation'],
    corrupt: chance => claiming(NAMED, { generation: ['0', '2', 'next'][chance(3)] ?? '' }),
  },
  'a report from before the last one': {
    caughtBy: ['older'],
    corrupt: chance => claiming([...REVISIONS, refNumber(0, tidNumber(2 + chance(6)))]),
  },
  'a report from the future': {
    caughtBy: ['future'],
    corrupt: chance => claiming([...NAMED, refNumber(0, timeToTid(BEGIN + (16 + chance(1e6)) * 60_000))]),
  },
}
