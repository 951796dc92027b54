import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  type ArchivePolicy,
  createArchivePlan,
  judge,
  type VolumeFile,
} from '../../core/model/archive-policy.ts'
import { tidToTime, timeToTid } from '../../core/model/tid.ts'
import { anyRef } from './arbitrary.ts'

const NOW = Date.UTC(2026, 10, 22)
const DAY = 86_400_000
const POLICY: ArchivePolicy = { minAge: 30 * DAY, minSize: 1000, quiet: 900_000, allowEmpty: false }

const fileOf = (age: number, size = 5000, changed = 0): VolumeFile => ({
  ref: { oid: '00000000000004d2', tid: timeToTid(NOW - age) },
  size,
  changed,
})

describe('the archive policy', () => {
  it('gives a reason for every file', () => {
    assert.equal(judge(fileOf(31 * DAY), POLICY, NOW), 'due')
    assert.equal(judge(fileOf(29 * DAY), POLICY, NOW), 'too young')
    assert.equal(judge(fileOf(31 * DAY, 999), POLICY, NOW), 'too small')
    assert.equal(judge(fileOf(31 * DAY, 1000), POLICY, NOW), 'due')
    assert.equal(judge(fileOf(-DAY), POLICY, NOW), 'from the future')
    assert.equal(judge(fileOf(31 * DAY, 0), POLICY, NOW), 'empty')
  })

  it('leaves a file alone whose transaction may still abort, however old its tid', () => {
    assert.equal(judge(fileOf(31 * DAY, 5000, NOW - 899_000), POLICY, NOW), 'changed lately')
    assert.equal(judge(fileOf(31 * DAY, 5000, NOW - 900_000), POLICY, NOW), 'due')
  })

  it('reckons age from the tid, which no copying or restoring of the file changes', () => {
    assert.equal(judge(fileOf(DAY, 5000, NOW - 3650 * DAY), POLICY, NOW), 'too young')
  })

  it('takes empty files only when told to', () => {
    const policy = { ...POLICY, minSize: 0, allowEmpty: true }
    assert.equal(judge(fileOf(31 * DAY, 0), policy, NOW), 'due')
    assert.equal(judge(fileOf(31 * DAY, 0), { ...policy, minSize: 1 }, NOW), 'too small')
  })
})

const anyFile = fc.record({
  ref: anyRef,
  size: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 1e9 })),
  changed: fc.integer({ min: NOW - DAY, max: NOW + DAY }),
})
const anyPolicy = fc.record({
  minAge: fc.nat({ max: 3650 * DAY }),
  minSize: fc.nat({ max: 1e9 }),
  quiet: fc.nat({ max: DAY }),
  allowEmpty: fc.boolean(),
})

function planOf(files: readonly VolumeFile[], policy: ArchivePolicy) {
  const plan = createArchivePlan(policy, NOW)
  const reasons = files.map(file => plan.add(file))
  return { reasons, ...plan.finish() }
}

describe('the archive plan', () => {
  it('is never under age or size, and accounts for every file and byte', () => {
    fc.assert(
      fc.property(fc.array(anyFile), anyPolicy, (files, policy) => {
        const { due, kept, reasons } = planOf(files, policy)
        for (const file of due) {
          assert.ok(NOW - tidToTime(file.ref.tid) >= policy.minAge)
          assert.ok(file.size >= policy.minSize && (policy.quiet === 0 || NOW - file.changed >= policy.quiet))
          assert.ok(file.size > 0 || policy.allowEmpty)
        }
        assert.equal(reasons.length, files.length)
        const tallies = Object.values(kept)
        assert.equal(due.length + tallies.reduce((sum, { blobs }) => sum + blobs, 0), files.length)
        const bytes = (of: readonly VolumeFile[]) => of.reduce((sum, { size }) => sum + size, 0)
        assert.equal(bytes(due) + tallies.reduce((sum, tally) => sum + tally.bytes, 0), bytes(files))
      }),
    )
  })

  it('takes the largest first, and is the same for the same files in any order', () => {
    fc.assert(
      fc.property(fc.array(anyFile), anyPolicy, (files, policy) => {
        const { due } = planOf(files, policy)
        for (const [i, file] of due.entries()) assert.ok(i === 0 || file.size <= (due[i - 1]?.size ?? 0))
        assert.deepEqual(planOf([...files].reverse(), policy).due.map(name), due.map(name))
      }),
    )
  })
})

function name({ ref, size }: VolumeFile): string {
  return `${ref.oid}/${ref.tid} ${size}`
}

describe('regressions of the archive policy', () => {
  it('a file that changed in this very millisecond is due without a quiet time', () => {
    const policy = { ...POLICY, quiet: 0 }
    assert.equal(judge(fileOf(31 * DAY, 5000, NOW + 0.6), policy, NOW), 'due')
  })
})
