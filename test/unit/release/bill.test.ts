import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Bill, formatLicences, licenceOf, settleBill } from '../../../release/bill.ts'

const component = (name: string, version: string, ...licenses: object[]) => ({
  ...{ type: 'library', name, version, licenses },
})

const bill: Bill = {
  bomFormat: 'CycloneDX',
  serialNumber: 'urn:uuid:made-anew-each-time',
  metadata: { timestamp: '2026-11-25T20:43:06.556Z', component: component('folder', '') },
  components: [
    component('tslib', '2.9.1', { license: { id: '0BSD' } }),
    component('ZConfig', '4.3', { license: { name: 'License :: Zope' } }, { license: { id: 'ZPL-2.1' } }),
    component('both', '1.0', { expression: 'MIT OR Apache-2.0' }),
    component('bare', '1.0'),
  ],
}
const of = { name: 'ours', version: '0.1.0', purl: 'pkg:npm/ours@0.1.0', sha256: 'ab12', time: 1_790_000_000 }

describe('a bill of materials', () => {
  it('says which file it is of, and nothing that differs from one time to the next', () => {
    const settled = settleBill(bill, of)
    assert.equal('serialNumber' in settled, false)
    assert.equal(settled.metadata.timestamp, '2026-09-21T14:13:20.000Z')
    const { name, purl, hashes } = settled.metadata.component
    assert.deepEqual([name, purl, hashes], ['ours', of.purl, [{ alg: 'SHA-256', content: 'ab12' }]])
    assert.deepEqual(settled.components, bill.components)
  })

  it('takes the licence by its SPDX name before any other', () => {
    assert.deepEqual(bill.components.map(licenceOf), ['0BSD', 'ZPL-2.1', 'MIT OR Apache-2.0', undefined])
  })

  it('lists the licences of what is installed with ours', () => {
    assert.deepEqual(formatLicences([settleBill(bill, of)]).split('\n'), [
      'ours 0.1.0 is installed with',
      '  ZConfig 4.3 ZPL-2.1',
      '  bare 1.0 unknown',
      '  both 1.0 MIT OR Apache-2.0',
      '  tslib 2.9.1 0BSD',
      '',
    ])
  })
})
