import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { formatRef, type Ref } from '../../core/model/ref.ts'
import { scanVolume } from '../../core/volume/scan.ts'
import { blobsOf } from '../../core/volume/scan-batch.ts'
import { openVolume } from '../../core/volume/volume.ts'
import { plantBlob, plantVolume, refNumber, scratch } from './setting.ts'

/** Few oids are walked in the caller's thread, from 256 on in several; nobody may see a difference. */
const SIZES = { 'too few': 20, 'just enough': 256, many: 700 }

const LATER = '03d6280000000000'

/** Blobs with one and with two revisions, beside all that is no blob. */
function plantEverything(test: TestContext, layout: 'bushy' | 'lawn', oids: number) {
  const directory = join(scratch(test), 'blobs')
  mkdirSync(directory)
  writeFileSync(join(directory, '.layout'), layout)
  const volume = openVolume(directory)
  const refs: Ref[] = []
  for (let number = 1; number <= oids; number += 1) {
    const ref = refNumber(number)
    refs.push(ref)
    if (number % 5 === 0) refs.push(refNumber(number, LATER))
  }
  for (const ref of refs) plantBlob(volume, ref, formatRef(ref))
  const leaf = (number: number) => join(volume.pathOf(refNumber(number)), '..')
  writeFileSync(join(leaf(1), 'notes.txt'), 'no blob')
  symlinkSync('/etc/passwd', volume.pathOf(refNumber(2, LATER)))
  mkdirSync(volume.pathOf(refNumber(4, LATER)))
  mkdirSync(leaf(oids + 1), { recursive: true })
  return { volume, refs }
}

describe('a scan', () => {
  for (const layout of ['bushy', 'lawn'] as const) {
    for (const [size, oids] of Object.entries(SIZES)) {
      it(`finds each blob once and all that is none, in a ${layout} volume (${size} oids for threads: ${oids})`, async test => {
        const { volume, refs } = plantEverything(test, layout, oids)
        const found: string[] = []
        const strangers: string[] = []
        let empty = 0
        for await (const batch of scanVolume(volume)) {
          for (const { ref, size } of blobsOf(batch)) {
            assert.equal(size, formatRef(ref).length)
            found.push(formatRef(ref))
          }
          strangers.push(...batch.strangers.map(({ what }) => what))
          empty += batch.emptyLeaves.length
        }
        assert.deepEqual(found.sort(), refs.map(formatRef).sort())
        assert.deepEqual(strangers.sort(), ['foreign', 'not a file', 'symlink'])
        assert.equal(empty, 1)
      })
    }
  }

  it('that its reader breaks off leaves no thread behind', async test => {
    const volume = plantVolume(join(scratch(test), 'blobs'))
    for (let number = 1; number <= 300; number += 1) plantBlob(volume, refNumber(number), 'x')
    for await (const batch of scanVolume(volume)) {
      assert.ok(batch.sizes.length > 0)
      break
    }
    assert.ok(!process.getActiveResourcesInfo().includes('MessagePort'))
  })
})
