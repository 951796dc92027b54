import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { VolumeFile } from '../../core/model/archive-policy.ts'
import { backlogOf, dueCells, isFilling, overdueSince, undecidedOf } from '../../core/model/backlog.ts'
import { AGE_EDGES, SIZE_EDGES } from '../../core/model/volume-histogram.ts'
import { ageOf, anyFiles, anyThresholds, DAY, EMPTY_SUMMARY, NOW, summarize } from './arbitrary-summary.ts'

const tallyOf = (files: readonly VolumeFile[]) => ({
  blobs: files.length,
  bytes: files.reduce((sum, { size }) => sum + size, 0),
})

const anyEdges = fc.record({
  minAge: fc.constantFrom(...AGE_EDGES.map(days => days * DAY)),
  minSize: fc.constantFrom(...SIZE_EDGES),
})

describe('the backlog of a summary', () => {
  it('is exactly what is old and large enough, when the thresholds are edges', () => {
    fc.assert(
      fc.property(anyFiles, anyEdges, (files, policy) => {
        const due = files.filter(file => ageOf(file) >= policy.minAge && file.size >= policy.minSize)
        const summary = summarize(files)
        assert.deepEqual(backlogOf(summary, policy), tallyOf(due))
        assert.deepEqual(undecidedOf(summary, policy), { blobs: 0, bytes: 0 })
      }),
    )
  })

  it('is never more than what is due, and with what is undecided never less', () => {
    fc.assert(
      fc.property(anyFiles, anyThresholds, (files, policy) => {
        const due = tallyOf(files.filter(file => ageOf(file) >= policy.minAge && file.size >= policy.minSize))
        const summary = summarize(files)
        const [sure, undecided] = [backlogOf(summary, policy), undecidedOf(summary, policy)]
        for (const unit of ['blobs', 'bytes'] as const) {
          assert.ok(sure[unit] <= due[unit])
          assert.ok(sure[unit] + undecided[unit] >= due[unit])
        }
      }),
    )
  })

  it('is told by size classes, each once, the largest first, that sum up to it', () => {
    fc.assert(
      fc.property(anyFiles, anyThresholds, (files, policy) => {
        const summary = summarize(files)
        const cells = dueCells(summary, policy)
        for (const [i, { size, blobs, bytes }] of cells.entries()) {
          assert.ok(i === 0 || size < (cells[i - 1]?.size ?? 0))
          assert.ok(size >= policy.minSize && blobs > 0 && bytes >= blobs * size)
        }
        const sum = (unit: 'blobs' | 'bytes') => cells.reduce((sum, cell) => sum + cell[unit], 0)
        assert.deepEqual({ blobs: sum('blobs'), bytes: sum('bytes') }, backlogOf(summary, policy))
      }),
    )
  })

  it('passes over a class that the summary does not name', () => {
    const cells: typeof EMPTY_SUMMARY.waiting.cells = [
      [2, 0, 1, 1],
      [0, 1, 1, 1],
    ]
    const summary = { ...EMPTY_SUMMARY, waiting: { ages: [0, DAY], sizes: [0], cells } }
    assert.deepEqual(backlogOf(summary, { minAge: 0, minSize: 0 }), tallyOf([]))
  })

  it('says since when the oldest is due, and of nothing that is not due yet', () => {
    const policy = { minAge: DAY, minSize: 0 }
    assert.equal(overdueSince(EMPTY_SUMMARY, policy), undefined)
    assert.equal(overdueSince({ ...EMPTY_SUMMARY, oldestWaiting: NOW - 3 * DAY }, policy), NOW - 2 * DAY)
    assert.equal(overdueSince({ ...EMPTY_SUMMARY, oldestWaiting: NOW - DAY }, policy), NOW)
    assert.equal(overdueSince({ ...EMPTY_SUMMARY, oldestWaiting: NOW - DAY + 1 }, policy), undefined)
  })
})

describe('the pressure on a disk', () => {
  it('is told when less than the least share is free', () => {
    assert.equal(isFilling({ ...EMPTY_SUMMARY, disk: { size: 1000, free: 100 } }, 0.1), false)
    assert.equal(isFilling({ ...EMPTY_SUMMARY, disk: { size: 1000, free: 99 } }, 0.1), true)
  })

  it('is told when another week like the last would fill it, however large it is', () => {
    fc.assert(
      fc.property(anyFiles, fc.nat({ max: 2 ** 33 }), (files, free) => {
        const week = tallyOf(files.filter(file => ageOf(file) < 7 * DAY))
        const summary = summarize(files, { disk: { size: 2 ** 33, free } })
        assert.equal(isFilling(summary, 0), week.bytes > free)
      }),
    )
  })
})
