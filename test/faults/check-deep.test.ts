import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { EXIT } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import { formatRef } from '../../core/model/ref.ts'
import { flipByte } from '../../sandbox/flip-byte.ts'
import { install } from '../cli/command.ts'
import { plantBlob, plantVolume, refNumber } from '../flows/setting.ts'
import { bound } from './bounds.ts'

const FLIPS = bound(1_000, 10_000)
const OBJECTS = 2 * FLIPS
const LARGEST = 20_000
const SEED = 'any will do'

/** Numbers that are the same on every run, so that a failure can be looked at again. */
function numberOf(what: string, number: number, below: number): number {
  return createHash('sha256').update(`${SEED} ${what} ${number}`).digest().readUInt32BE() % below
}

function contentOf(number: number): Buffer {
  const size = 1 + numberOf('size', number, number % 100 === 0 ? 100 * LARGEST : LARGEST)
  return Buffer.alloc(size, createHash('sha512').update(`${SEED} ${number}`).digest())
}

describe('check --deep', () => {
  it(`finds ${FLIPS} of ${FLIPS} flipped bits, and nothing wrong with as many other objects`, async test => {
    const { run, sandbox, base } = await install(test, 'lawn', {
      databases: { main: { archive: { quiet: '0s' } } },
    })
    const volume = plantVolume(join(base, 'planted'))
    for (let number = 0; number < OBJECTS; number += 1)
      plantBlob(volume, refNumber(number), contentOf(number))
    assert.equal((await run('archive', volume.directory)).status, 0)
    assert.equal((await run('check', '--deep')).status, 0)

    const flipped: string[] = []
    for (let number = 0; number < OBJECTS; number += 1) {
      const ref = refNumber(number)
      // Of each two objects one, either of them.
      if (numberOf('which', Math.floor(number / 2), 2) !== number % 2) continue
      const file = sandbox.s3.objectFile('some-bucket', blobKey('main', ref))
      const bit = numberOf('bit', number, 8 * contentOf(number).length)
      flipByte(file ?? '', Math.floor(bit / 8), bit % 8)
      flipped.push(formatRef(ref))
    }
    assert.equal(flipped.length, FLIPS)

    const { status, events } = await run('check', '--deep', '--json')
    const told = events.filter(({ event }) => event === 'difference')
    assert.deepEqual(
      told.map(({ class: name }) => name),
      flipped.map(() => 'damaged'),
    )
    assert.deepEqual(told.map(({ subject }) => subject).sort(), flipped)
    assert.equal(events.filter(({ outcome }) => outcome === 'agreeing').length, OBJECTS - FLIPS)
    assert.equal(status, EXIT.integrity)
  })
})
