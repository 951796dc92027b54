import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { overridesByVariable } from '../../core/model/config-environment.ts'
import type { NiceBlobsError } from '../../core/model/errors.ts'
import { parseConfig } from '../../core/model/parse-config.ts'

const MINIMAL = { bucket: { name: 'some-bucket', region: 'eu-central-1' }, databases: { main: {} } }
const parse = (raw: unknown, environment = {}) => parseConfig(JSON.stringify(raw), environment, 'config.json')

function faultsOf(raw: unknown, environment = {}): string {
  try {
    parse(raw, environment)
  } catch (error) {
    assert.equal((error as NiceBlobsError).code, 'CONFIG_INVALID')
    assert.equal((error as NiceBlobsError).subject, 'config.json')
    return (error as NiceBlobsError).message
  }
  throw new Error('accepted')
}

describe('the configuration', () => {
  it('needs a bucket and a database and has a default for the rest', () => {
    const config = parse(MINIMAL)
    assert.equal(config.bucket.checksums, 'server')
    assert.deepEqual(config.databases.main?.archive, {
      minAge: 86_400_000,
      minSize: 0,
      quiet: 900_000,
      allowEmpty: false,
    })
    assert.equal(config.databases.main?.release.delay, 7 * 86_400_000)
  })

  it('reads amounts with units', () => {
    const archive = { minAge: '30d', minSize: '1MiB' }
    const config = parse({ ...MINIMAL, databases: { main: { archive, release: { delay: '12h' } } } })
    assert.equal(config.databases.main?.archive.minAge, 30 * 86_400_000)
    assert.equal(config.databases.main?.archive.minSize, 2 ** 20)
    assert.equal(config.databases.main?.release.delay, 12 * 3_600_000)
  })

  it('tells all faults at once, each with the place it is at', () => {
    const message = faultsOf({
      bucket: { name: 'x', endpoint: 'not a url' },
      cache: { directory: 'relative/path' },
      databases: { Main: {}, two: { archive: { minAge: 'soon' }, colour: 'red' } },
    })
    for (const place of [
      'bucket.name',
      'bucket.region',
      'bucket.endpoint',
      'cache.directory',
      'databases.Main',
    ]) {
      assert.ok(message.includes(place), `${place} in ${message}`)
    }
    assert.match(message, /databases\.two\.archive\.minAge: expected a duration/)
    assert.match(message, /colour/)
  })

  it('refuses what is no JSON object, and no database', () => {
    assert.throws(() => parseConfig('{', {}, 'c'), { code: 'CONFIG_INVALID', message: /not JSON/ })
    assert.match(faultsOf([]), /expected an object/)
    assert.match(faultsOf({ ...MINIMAL, databases: {} }), /at least one database/)
  })

  it('lets the environment override every single setting that is not of a database', () => {
    const environment = {
      NICE_BLOBS_BUCKET_NAME: 'other-bucket',
      NICE_BLOBS_BUCKET_PATH_STYLE: 'true',
      NICE_BLOBS_INDEX_TABLE: 'some-table',
      NICE_BLOBS_CONFIG: '/etc/nice-blobs.json',
      PATH: '/bin',
    }
    const config = parse(MINIMAL, environment)
    assert.equal(config.bucket.name, 'other-bucket')
    assert.equal(config.bucket.pathStyle, true)
    assert.equal(config.index?.table, 'some-table')
    assert.ok(overridesByVariable().has('NICE_BLOBS_CACHE_DIRECTORY'))
  })

  it('refuses a variable that names no setting, since a typo would be silent', () => {
    assert.match(faultsOf(MINIMAL, { NICE_BLOBS_BUKET_NAME: 'x' }), /NICE_BLOBS_BUKET_NAME/)
  })

  it('never throws anything but its own error, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), text => {
        try {
          parseConfig(text, {}, 'c')
        } catch (error) {
          assert.equal((error as NiceBlobsError).code, 'CONFIG_INVALID')
        }
      }),
    )
  })
})
