import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { type Bill, type Component, licenceOf } from '../../release/bill.ts'
import { findPython } from '../../release/find-python.ts'
import { ROOT } from '../../release/source.ts'
import { scratch } from '../flows/setting.ts'
import { environmentOf, fileIn } from './packed.ts'

/** What `npm run release` builds, twice, as two people would. */

const base = scratch({ after })
/** A licence that is not here wants a person's decision. */
const LICENCES = ['0BSD', 'Apache-2.0', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0', 'ZPL-2.1']
const { dependencies, version } = JSON.parse(readFileSync(join(ROOT, 'client/package.json'), 'utf8'))
const TIME = 1_790_000_000

function build(to: string, umask: string, TZ: string, ...words: string[]) {
  const script = 'umask "$1"; shift; exec "$@"'
  const command = [process.execPath, 'release/build.ts', '--uncommitted', '--to', to, ...words]
  return spawnSync('bash', ['-c', script, 'bash', umask, ...command], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...environmentOf(base), HOME: process.env.HOME, TZ, SOURCE_DATE_EPOCH: String(TIME) },
    timeout: 600_000,
  })
}

const listing = (archive: string) =>
  archive.endsWith('.whl')
    ? execFileSync(findPython(), ['-m', 'zipfile', '--list', archive], { encoding: 'utf8' })
    : execFileSync('tar', ['tzf', archive], { encoding: 'utf8' })

describe('a release', () => {
  const [one, other] = [join(base, 'one'), join(base, 'other')]
  for (const built of [build(one, '022', 'UTC'), build(other, '077', 'Asia/Tokyo')])
    assert.equal(built.status, 0, built.stderr)
  const bill = (name: string): Bill => JSON.parse(readFileSync(fileIn(one, `${name}.cdx.json`), 'utf8'))
  const bills = [bill('nice-blobs'), bill('nice-blobs-zodb')]

  it('is a tarball, a wheel, a source distribution, their bills of materials, licences and sums', () => {
    assert.deepEqual(
      readdirSync(one).sort(),
      [
        'SHA256SUMS',
        'licences.txt',
        'nice-blobs.cdx.json',
        'nice-blobs-zodb.cdx.json',
        `nice-blobs-${version}.tgz`,
        `nice_blobs_zodb-${version}-py3-none-any.whl`,
        `nice_blobs_zodb-${version}.tar.gz`,
      ].sort(),
    )
    execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: one, stdio: 'pipe' })
  })

  it('is the same whoever builds it, wherever and when', () => {
    for (const file of readdirSync(one))
      assert.ok(readFileSync(join(one, file)).equals(readFileSync(join(other, file))), file)
  })

  it('has nothing in the Python packages but the package, its licence and what it says of itself', () => {
    const ours =
      /^(nice_blobs_zodb-[\d.]+\/)?(src\/)?(nice_blobs\/\w+\.(py|xml)|nice_blobs_zodb-[\d.]+\.dist-info\/.+|LICENSE|README\.md|PKG-INFO|pyproject\.toml)$/
    for (const archive of [fileIn(one, '.whl'), fileIn(one, '.tar.gz')]) {
      const [files, python] = [listing(archive).match(/\S*\/\S+/g) ?? [], 'nice_blobs/section.py']
      assert.ok(
        files.some(file => file.endsWith(python)) && files.some(file => file.endsWith('LICENSE')),
        archive,
      )
      assert.deepEqual(
        files.filter(file => !ours.test(file)),
        [],
      )
    }
  })

  it('has bills of materials that name the files they are of, and every package that is installed with them', () => {
    const sum = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')
    const [npm, python] = bills
    const hashes = bills.map(({ metadata }) => metadata.component.hashes?.[0]?.content)
    assert.deepEqual(hashes, [sum(fileIn(one, '.tgz')), sum(fileIn(one, '.whl'))])
    const namesOf = ({ components = [] }: Partial<Bill> = {}) => components.map(({ name }) => name)
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
    for (const name of Object.keys(dependencies)) {
      const component = npm?.components.find(one =>
        one.purl?.startsWith(`pkg:npm/${name.replace('@', '%40')}@`),
      )
      assert.equal(component?.version, packages[`node_modules/${name}`].version, name)
    }
    assert.ok(
      namesOf(npm).includes('@smithy/core') && namesOf(npm).includes('tslib'),
      'what dependencies need',
    )
    assert.ok(namesOf(python).includes('ZODB') && namesOf(python).includes('transaction'))
  })

  it('needs packages of known licences alone', () => {
    const unknown = (one: Component) => !LICENCES.includes(licenceOf(one) ?? 'none')
    assert.deepEqual(
      bills.flatMap(({ components }) => components.filter(unknown).map(({ name }) => name)),
      [],
    )
  })

  it('has the versions of ZODB that the wrapper is tested with', () => {
    const requirements = (file: string) => readFileSync(join(ROOT, file), 'utf8').match(/^ZODB==.*$/m)?.[0]
    assert.equal(requirements('release/constraints.txt'), requirements('test/zodb/requirements.txt'))
  })

  it('is not built under another tag, nor over what is there', () => {
    const [to, from] = [join(base, 'none'), 'https://github.com/some/fork']
    const misnamed = build(to, '022', 'UTC', '--tag', 'v0.0.9', '--from', from)
    assert.equal(misnamed.status, 1)
    assert.match(
      misnamed.stderr,
      /^release: the tag is v0\.0\.9, and the version in client\/package\.json is /m,
    )
    const over = build(one, '022', 'UTC')
    assert.match(over.stderr, /is not empty/)
  })
})
