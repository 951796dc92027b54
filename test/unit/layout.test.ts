import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { chooseLayout, layoutNamed } from '../../core/model/layout/choose-layout.ts'
import { isPassedOver, type LayoutName } from '../../core/model/layout/layout.ts'
import { anyRef } from './arbitrary.ts'

const { vectors } = JSON.parse(readFileSync(new URL('../fixtures/paths.json', import.meta.url), 'utf8'))
const NAMES: readonly LayoutName[] = ['bushy', 'lawn', 'zeocache']

for (const name of NAMES) {
  const layout = layoutNamed(name)

  describe(`layout ${name}`, () => {
    it('names files exactly as ZODB and ZEO do', () => {
      assert.ok(vectors.length > 50)
      for (const { oid, tid, [name]: path } of vectors) {
        assert.equal(layout.format({ oid, tid }), path)
        assert.deepEqual(layout.parse(path), { oid, tid })
      }
    })

    it('reads back every path it makes', () => {
      fc.assert(fc.property(anyRef, ref => assert.deepEqual(layout.parse(layout.format(ref)), ref)))
    })

    it('reads no path that it would not make', () => {
      const nearly = fc
        .tuple(anyRef, fc.nat(), fc.constantFrom('0', 'f', 'F', '/', '.', 'x', '', '00', '..', '\n'))
        .map(([ref, at, text]) => {
          const path = layout.format(ref)
          const cut = at % (path.length + 1)
          return path.slice(0, cut) + text + path.slice(cut + (at % 2))
        })
      fc.assert(
        fc.property(fc.oneof(nearly, fc.string()), path => {
          const ref = layout.parse(path)
          assert.ok(ref === undefined || layout.format(ref) === path, path)
        }),
        { numRuns: 2000 },
      )
    })

    it('knows the directories of its own paths and none of the files', () => {
      fc.assert(
        fc.property(anyRef, ref => {
          const parts = layout.format(ref).split('/')
          assert.equal(parts.length, layout.depth + 1)
          for (const [level, part] of parts.slice(0, -1).entries())
            assert.ok(layout.hasDirectory(level, part), part)
          assert.ok(!layout.hasDirectory(layout.depth, parts.at(-1) ?? ''))
        }),
      )
    })
  })
}

const facts = (names: string[], marker?: string, namesBelow: string[] = []) => ({
  directory: '/srv/blobs',
  names,
  marker,
  namesBelow,
})

describe('choosing the layout of a directory', () => {
  it('believes the marker', () => {
    for (const name of NAMES) assert.equal(chooseLayout(facts(['.layout'], `${name}\n`)).name, name)
  })

  it('takes a directory without marker and without files for bushy, as ZODB does', () => {
    assert.equal(chooseLayout(facts([])).name, 'bushy')
    assert.equal(chooseLayout(facts(['tmp', '.removed', 'lost+found'])).name, 'bushy')
  })

  it('takes a directory without marker and with files for lawn, as ZODB does', () => {
    assert.equal(chooseLayout(facts(['0x04d2'], undefined, ['0x03d167f919308700.blob'])).name, 'lawn')
  })

  it('refuses an unknown layout', () => {
    assert.throws(() => chooseLayout(facts(['0x00'], 'hedge')), { code: 'LAYOUT_UNKNOWN' })
    assert.throws(() => chooseLayout(facts(['0x00'], '')), { code: 'LAYOUT_UNKNOWN' })
  })

  it('refuses a bushy tree that ZODB would read as a lawn, marked or not', () => {
    assert.throws(() => chooseLayout(facts(['0x00'], undefined, ['0x00'])), { code: 'LAYOUT_MIXED' })
    assert.throws(() => chooseLayout(facts(['0x00'], 'lawn', ['0x00'])), { code: 'LAYOUT_MIXED' })
  })

  it('refuses a mixed layout and says what does not belong', () => {
    assert.throws(() => chooseLayout(facts(['0x00', '0x04d2'], 'bushy')), {
      code: 'LAYOUT_MIXED',
      hint: /0x04d2/,
    })
    assert.throws(() => chooseLayout(facts(['0x00', '237'], 'bushy')), { code: 'LAYOUT_MIXED', hint: /237/ })
  })

  it('refuses a directory in which nothing is a blob directory’s', () => {
    assert.throws(() => chooseLayout(facts(['etc', 'usr'])), { code: 'NOT_A_BLOB_DIRECTORY', hint: /etc/ })
    assert.throws(() => chooseLayout(facts(['photos'], 'bushy')), { code: 'NOT_A_BLOB_DIRECTORY' })
  })

  it('lets a stray file beside blobs be, which the scan then tells', () => {
    assert.equal(chooseLayout(facts(['0x00', 'README.txt'], 'bushy')).name, 'bushy')
  })
})

describe('names that are passed over', () => {
  it('are those that ZODB, ZEO and RelStorage keep beside the blobs, and ours', () => {
    const passedOver = ['tmp', '.layout', '.removed', '.lock', '.nice-blobs', 'check_size.lock', 'BUC1.tmp']
    for (const name of [...passedOver, 'x.dl', 'x.spb', 'lost+found']) assert.ok(isPassedOver(name), name)
  })

  it('never hide a blob or a directory of one', () => {
    fc.assert(
      fc.property(anyRef, fc.constantFrom(...NAMES), (ref, name) => {
        for (const part of layoutNamed(name).format(ref).split('/')) assert.ok(!isPassedOver(part), part)
      }),
    )
  })
})
