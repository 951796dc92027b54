import assert from 'node:assert/strict'
import { chmodSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { EXIT } from '../../core/model/errors.ts'
import { hashFile, hashTree, trueBlobs, trueTree } from '../flows/setting.ts'
import { finish, install } from './command.ts'

const COUNT = trueBlobs('bushy').length

describe('the command line', () => {
  it('plans, archives, releases, reads, recalls and tells the status of a real blob directory', async test => {
    const { run, volume, base } = await install(test)
    const page = join(base, 'plan.html')
    const planned = await run('plan', volume, '--html', page)
    assert.equal(planned.status, 0, planned.err)
    assert.match(
      planned.out.trimEnd().split('\n').at(-1) ?? '',
      /^All 2.6 MB can leave; less than 1 cent a month$/,
    )
    assert.match(readFileSync(page, 'utf8'), /<svg/)

    const archived = await run('archive', volume, '--json')
    assert.equal(archived.status, 0, archived.err)
    assert.equal(archived.events.filter(({ outcome }) => outcome === 'archived').length, COUNT)
    assert.deepEqual(hashTree(volume), trueTree('bushy'))

    const waiting = await run('archive', volume, '-d')
    assert.match(waiting.out, new RegExp(`${COUNT} within the release delay`))
    const released = await run('archive', volume, '-d', '--delay', '0s')
    assert.match(released.out, new RegExp(`${COUNT} released`))
    assert.deepEqual(hashTree(volume), {})

    const status = JSON.parse((await run('status', volume, '--json')).out)
    assert.equal(status.here.blobs, 0)
    assert.equal(status.bucket.archived.blobs, COUNT)

    const [blob] = trueBlobs('bushy')
    assert.ok(blob)
    const copy = join(base, 'copy')
    assert.equal((await run('get', `${blob.oid}/${blob.tid}`, '-o', copy)).status, 0)
    assert.equal(hashFile(copy), blob.sha256)
    const { out } = await run('get', `${blob.oid}/${blob.tid}`, '--path')
    assert.equal(hashFile(out.trim()), blob.sha256)

    const backup = join(base, 'backup')
    assert.equal((await run('recall', '--all', '--to', backup)).status, 0)
    assert.deepEqual(hashTree(backup), trueTree('bushy'))
    const one = await run('recall', `${blob.oid}/${blob.tid}`)
    assert.match(one.out, /1 recalled/)
    assert.match(
      (await run('recall', '--all')).out,
      new RegExp(`${COUNT - 1} recalled.*1 present|1 present.*recalled`),
    )
    assert.deepEqual(hashTree(volume), trueTree('bushy'))
  })

  it('writes a blob’s bytes to standard output', async test => {
    const { run, spawn, volume } = await install(test, 'lawn')
    await run('archive', volume, '-d', '--delay', '0s')
    const [blob] = trueBlobs('lawn')
    const child = spawn('get', `${blob?.oid}/${blob?.tid}`)
    const parts: Buffer[] = []
    child.stdout?.on('data', part => parts.push(part))
    await finish(child)
    assert.equal(Buffer.concat(parts).length, blob?.size)
  })

  it('writes a copy over the very file it reads, or a link to it, and loses nothing (I1)', async test => {
    const { run, volume } = await install(test)
    const [blob] = trueBlobs('bushy')
    assert.ok(blob)
    const ref = `${blob.oid}/${blob.tid}`
    const path = (await run('get', ref, '--path')).out.trim()
    for (const target of [path, join(volume, blob.path)]) {
      assert.equal((await run('get', ref, '-o', target)).status, 0)
      assert.equal(hashFile(join(volume, blob.path)), blob.sha256)
      assert.equal(hashFile(target), blob.sha256)
    }
  })

  it('tells with --dry-run what it would do and does nothing', async test => {
    const { run, volume, sandbox } = await install(test)
    const { status, out } = await run('archive', volume, '-s', '100kB', '-d', '--delay', '0s', '--dry-run')
    assert.equal(status, 0)
    const large = trueBlobs('bushy').filter(({ size }) => size >= 100_000)
    assert.equal(out.split('\n').filter(line => line.startsWith('would archive')).length, large.length)
    assert.equal(sandbox.s3.requestCount('PutObject'), 0)
    assert.deepEqual(hashTree(volume), trueTree('bushy'))
  })

  it('understands -a in days, -s in bytes and -d as archive-blobs did', async test => {
    const { run, volume } = await install(test)
    const { out } = await run('archive', volume, '-a', '36500', '-s', '0', '-d')
    assert.match(out, /^0 due .*too young/)
    const few = await run('archive', volume, '-a', '1', '-s', '400000', '-d', '--delay', '0s')
    const large = trueBlobs('bushy').filter(({ size }) => size >= 400_000)
    assert.equal(Object.keys(hashTree(volume)).length, COUNT - large.length, few.err)
  })

  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    it(`goes on where ${signal} ended it, and loses nothing (I8)`, async test => {
      const { run, spawn, volume, base } = await install(test)
      const child = spawn('archive', volume, '-d', '--delay', '0s', '--json', '--jobs', '1')
      let told = 0
      child.stdout?.on('data', chunk => {
        told += String(chunk).split('"released"').length - 1
        if (told >= 3 && !child.killed) child.kill(signal)
      })
      const { status } = await finish(child)
      assert.equal(status, signal === 'SIGINT' ? 130 : null)
      const left = hashTree(volume)
      assert.ok(Object.keys(left).length > 0, 'it was ended in the middle')

      const again = await run('archive', volume, '-d', '--delay', '0s')
      assert.equal(again.status, 0, again.err)
      assert.deepEqual(hashTree(volume), {})
      assert.equal((await run('recall', '--all', '--to', join(base, 'back'))).status, 0)
      assert.deepEqual(hashTree(join(base, 'back')), trueTree('bushy'))
    })
  }

  it('plans without configuration, account or anything written', async test => {
    const { base, volume, environment, spawn } = await install(test, 'lawn')
    delete environment.NICE_BLOBS_CONFIG
    delete environment.AWS_ACCESS_KEY_ID
    const { status, out, err } = await finish(spawn('plan', volume, '--json', '-s', '10kB'))
    assert.equal(status, 0, err)
    const report = JSON.parse(out)
    const leaves = trueBlobs('lawn').filter(({ size }) => size >= 10_000)
    assert.equal(report.leaves.blobs, leaves.length)
    assert.equal(
      report.leaves.bytes,
      leaves.reduce((sum, { size }) => sum + size, 0),
    )
    assert.deepEqual(hashTree(volume), trueTree('lawn'))
    const prices = join(base, 'prices.json')
    writeFileSync(
      prices,
      JSON.stringify({ source: 'a test', asOf: '2026-01-01', standard: 1000, frequent: 1000 }),
    )
    const dear = JSON.parse(
      (await finish(spawn('plan', volume, '--json', '-s', '10kB', '--prices', prices))).out,
    )
    assert.ok(dear.cost.firstMonth > 1000 * report.cost.firstMonth)
  })
})

describe('what is left alone', () => {
  it('is told with exit status 1, and keeps nothing else from being archived', async test => {
    const { run, volume } = await install(test, 'lawn')
    const [blob, empty] = trueBlobs('lawn')
    assert.ok(blob && empty)
    symlinkSync('/etc/hostname', join(volume, dirname(blob.path), '0x03d167f919308700.blob'))
    chmodSync(join(volume, empty.path), 0o600)
    truncateSync(join(volume, empty.path))
    const { status, out } = await run('archive', volume, '-d', '--delay', '0s')
    assert.equal(status, EXIT.left)
    assert.match(out, /left alone: .+ \(symlink\)/)
    assert.match(out, /1 empty/)
    assert.deepEqual(Object.keys(hashTree(volume)), [empty.path])
  })
})
