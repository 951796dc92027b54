import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { overridesByVariable } from '../../core/model/config-environment.ts'
import type { NiceBlobsError } from '../../core/model/errors.ts'
import { parseConfig } from '../../core/model/parse-config.ts'
import { nameOfKey, newPublicKey } from './public-keys.ts'

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

  it('tells what cannot be deployed together, also beside settings that are wrong by themselves', () => {
    const deployed = { ...MINIMAL, index: { table: 'some-table' } }
    const stack = (settings: object, more = {}) => faultsOf({ ...deployed, stack: settings, ...more })
    assert.match(faultsOf({ ...MINIMAL, stack: {} }), /^index: the stack makes an index/)
    const elsewhere = { ...deployed.bucket, endpoint: 'https://s3.example.org' }
    assert.match(stack({}, { bucket: elsewhere }), /^bucket\.endpoint: the stack makes the bucket at AWS/)
    assert.match(stack({}, { bucket: { ...deployed.bucket, name: 'a.b.c' } }), /^bucket\.name: expected/)
    assert.match(stack({}, { index: { table: 'some-table', region: 'eu-west-1' } }), /^index\.region: /)
    assert.match(stack({ name: 'n'.repeat(40) }), /^stack\.name: too long .* at most 39 letters/)
    const replica = { bucket: 'some-bucket', region: 'eu-central-1', account: '111122223333' }
    const both = stack({ replica, account: '111122223333', garbage: { grace: 'soon' } })
    for (const path of ['replica.region', 'replica.bucket', 'replica.account', 'garbage.grace'])
      assert.ok(both.includes(`stack.${path}: `), path)
    assert.match(
      stack({ replica: { ...replica, bucket: 'other', region: 'eu-west-1' } }),
      /^stack\.account: needed/,
    )
    const hasty = { main: { release: { delay: '0s' } }, other: {} }
    assert.match(stack({}, { databases: hasty }), /^databases: release\.delay of main: at least 1h/)
    const many = Object.fromEntries(Array.from({ length: 41 }, (_, count) => [`d${count}`, {}]))
    assert.match(stack({}, { databases: many }), /^databases: at most 40/)
    const blobs = [`mian/${'0'.repeat(16)}/${'1'.repeat(16)}`]
    const erasure = { roles: ['arn:aws:iam::111122223333:role/eraser'], blobs }
    assert.match(stack({ erasure }), /^stack\.erasure\.blobs: no such database: mian/)
    assert.equal(parse({ ...deployed, stack: {} }).stack?.name, 'nice-blobs')
  })

  it('tells what cannot be delivered together', () => {
    const names = Array.from({ length: 21 }, (_, count) => `d${count}`)
    const ofAll = <T>(value: T, some = names) => Object.fromEntries(some.map(name => [name, value]))
    const deploy = (delivered: object, more = {}) =>
      faultsOf({
        ...MINIMAL,
        ...{ index: { table: 'some-table' }, databases: ofAll({}) },
        stack: { delivery: { databases: delivered }, ...more },
      })
    assert.match(deploy({ mian: {} }), /^stack\.delivery\.databases: no such database: mian/)
    const key = newPublicKey()
    const twice = RegExp(`^stack\\.delivery\\.databases: named twice: the public key ${nameOfKey(key)}`)
    assert.match(deploy(ofAll({ publicKeys: [key] }, ['d1', 'd2'])), twice)
    assert.match(deploy({ d1: { publicKeys: [key, key] } }), twice)
    const certificate = 'arn:aws:acm:us-east-1:111122223333:certificate/some-certificate'
    const domain = { names: ['files.example.org'], certificate }
    const atDomain = () => ({ publicKeys: [newPublicKey()], domain })
    assert.match(deploy({ d1: atDomain(), d2: atDomain() }), /named twice: the domain files\.example\.org/)
    assert.match(deploy(ofAll({})), /^databases: at most 40 .* stack\.delivery count twice/)
    const blobs = Array.from({ length: 40 }, (_, n) => `d1/${String(n).padStart(16, '0')}/${'1'.repeat(16)}`)
    const erasure = { roles: ['arn:aws:iam::111122223333:role/eraser'], blobs }
    assert.match(deploy({ d1: { publicKeys: [key] } }, { erasure }), /^stack\.erasure\.blobs: at most 39 /)
    assert.match(deploy({ d1: { publicKeys: ['no key'] } }), /nice-blobs keys create/)
  })

  it('says what a name of a database should look like', () => {
    assert.match(
      faultsOf({ ...MINIMAL, databases: { 'Main Site': {} } }),
      /databases\.Main Site: expected lower-case/,
    )
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
