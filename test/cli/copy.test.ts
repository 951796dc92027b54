import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import { createS3Client } from '../../core/aws/s3-client.ts'
import { loadConfig } from '../../core/load-config.ts'
import { EXIT } from '../../core/model/errors.ts'
import { parseSums } from '../../core/model/sum.ts'
import { openVolume } from '../../core/volume/volume.ts'
import { flipByte } from '../../sandbox/flip-byte.ts'
import { hashTree, plantBlob, refNumber, trueBlobs, trueTree } from '../flows/setting.ts'
import { install } from './command.ts'

/** The copy that `recall --all --to` makes: only what is new is fetched, nothing is deleted, and anybody can prove it. */

const COUNT = trueBlobs('bushy').length

async function installCopy(test: TestContext) {
  const installation = await install(test)
  const copy = join(installation.base, 'copy')
  const { run, volume, sandbox } = installation
  assert.equal((await run('archive', volume)).status, 0)
  const recall = (...words: string[]) => run('recall', '--all', '--to', copy, '--json', ...words)
  const fetched = () => sandbox.s3.requestCount('GetObject')
  return { ...installation, copy, recall, fetched }
}

const sumsOf = (copy: string) => join(copy, '.nice-blobs/sums')

function readSums(copy: string): Record<string, string> {
  const texts = readdirSync(sumsOf(copy)).map(name => readFileSync(join(sumsOf(copy), name), 'utf8'))
  return Object.fromEntries(texts.flatMap(text => [...parseSums(text).sums]))
}

/** As docs/backups.md has it, with nothing of ours. */
function proveByCoreutils(copy: string) {
  const command = 'cat .nice-blobs/sums/*.sha256 | sha256sum --check --strict --quiet'
  return spawnSync('sh', ['-c', command], { cwd: copy, encoding: 'utf8' })
}

describe('a copy', () => {
  it('has the sum of each blob in it, which sha256sum proves', async test => {
    const { recall, copy } = await installCopy(test)
    assert.equal((await recall()).status, 0)
    assert.deepEqual(readSums(copy), trueTree('bushy'))
    assert.deepEqual(proveByCoreutils(copy).stdout, '')
    const [blob] = trueBlobs('bushy')
    flipByte(join(copy, blob?.path ?? ''), 1)
    const { status, stdout } = proveByCoreutils(copy)
    assert.equal(status, 1)
    assert.equal(stdout, `${blob?.path}: FAILED\n`)
  })

  it('fetches what is new alone, and keeps what the bucket has no more', async test => {
    const { recall, copy, run, volume, fetched, configFile, environment } = await installCopy(test)
    await recall()
    const before = fetched()
    assert.equal((await recall()).status, 0)
    assert.equal(fetched(), before)

    plantBlob(openVolume(volume), refNumber(77), 'a new blob')
    assert.equal((await run('archive', volume)).status, 0)
    const [gone] = trueBlobs('bushy')
    const key = `blobs/main/${gone?.oid}/${gone?.tid}`
    Object.assign(process.env, environment, { PATH: process.env.PATH })
    const s3 = createS3Client(loadConfig(configFile).bucket)
    test.after(() => s3.destroy())
    await s3.send(new DeleteObjectCommand({ Bucket: 'some-bucket', Key: key }))
    assert.equal((await recall()).status, 0)
    assert.equal(fetched(), before + 1)
    assert.equal(Object.keys(hashTree(copy)).length, COUNT + 1)
    assert.equal(proveByCoreutils(copy).status, 0)
  })

  it('hashes what has no sum, as after a kill or of an earlier version, and what is wrong in it gets none', async test => {
    const { recall, copy, fetched } = await installCopy(test)
    await recall()
    const before = fetched()
    const [first, second] = trueBlobs('bushy')
    rmSync(sumsOf(copy), { recursive: true })
    flipByte(join(copy, second?.path ?? ''), 1)
    const { status, events } = await recall()
    assert.equal(status, EXIT.integrity)
    assert.deepEqual(
      events.filter(({ event }) => event === 'failed').map(({ code, subject }) => [code, subject]),
      [['BLOB_CONFLICT', join(copy, second?.path ?? '')]],
    )
    const sums = readSums(copy)
    assert.equal(sums[first?.path ?? ''], first?.sha256)
    assert.equal(sums[second?.path ?? ''], undefined)
    assert.equal(Object.keys(sums).length, COUNT - 1)

    rmSync(join(copy, second?.path ?? ''))
    assert.equal((await recall()).status, 0)
    assert.equal(fetched(), before + 1)
    assert.deepEqual(readSums(copy), trueTree('bushy'))
  })

  it('mends a file of sums that was cut off or written over, and proves what was in it', async test => {
    const { recall, copy } = await installCopy(test)
    await recall()
    for (const name of readdirSync(sumsOf(copy))) {
      const text = readFileSync(join(sumsOf(copy), name), 'utf8')
      writeFileSync(join(sumsOf(copy), name), text.slice(0, -20))
    }
    appendFileSync(join(sumsOf(copy), readdirSync(sumsOf(copy))[0] ?? ''), '\nno sum\n')
    assert.equal((await recall()).status, 0)
    assert.deepEqual(readSums(copy), trueTree('bushy'))
    assert.equal(proveByCoreutils(copy).status, 0)
  })

  it('is no volume of the database, by whatever name', async test => {
    const { run, volume, base } = await installCopy(test)
    symlinkSync(volume, join(base, 'link'))
    for (const directory of [volume, `${volume}/`, join(base, 'link')]) {
      const { status, err } = await run('recall', '--all', '--to', directory)
      assert.equal(status, EXIT.input)
      assert.match(err, /^error USAGE_WRONG: .+: the directory is a volume of this database/)
    }
    assert.throws(() => readdirSync(sumsOf(volume)), { code: 'ENOENT' })
  })

  it('keeps the layout of what is copied into it first', async test => {
    const { recall, copy } = await installCopy(test)
    mkdirSync(copy)
    writeFileSync(join(copy, '.layout'), 'lawn')
    assert.equal((await recall()).status, 0)
    const paths = Object.keys(hashTree(copy))
    assert.equal(paths.length, COUNT)
    assert.ok(paths.every(path => dirname(dirname(path)) === '.'))
    assert.equal(proveByCoreutils(copy).status, 0)
  })

  it('leaves volumes without sums, which an application’s pack would make wrong', async test => {
    const { run, volume } = await installCopy(test)
    const [blob] = trueBlobs('bushy')
    rmSync(join(volume, blob?.path ?? ''))
    assert.match((await run('recall', '--all')).out, /1 recalled/)
    assert.throws(() => readdirSync(sumsOf(volume)), { code: 'ENOENT' })
  })
})
