import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { EXIT } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import { predecessorKey } from '../../core/model/predecessor-key.ts'
import { SANDBOX_CREDENTIALS } from '../../sandbox/s3/server.ts'
import { factsOf } from '../contract/bucket-contract.ts'
import { refNumber } from '../flows/setting.ts'
import { BLOBS, FROM, tallyOf, withPredecessor } from './adopt-setting.ts'
import { finish, install } from './command.ts'

describe('adopt', () => {
  for (const [form, prefix, elsewhere] of [
    ['collective.s3blobs', '', false],
    ['zodb-s3blobs', 'site/one', false],
    ['zodb-s3blobs', '', true],
  ] as const)
    it(`takes over ${form}, ${prefix || 'without a prefix'}, ${elsewhere ? 'through this host' : 'by the server'} (I3, I8)`, async test => {
      const site = await withPredecessor(test, { form, prefix: prefix && `${prefix}/`, elsewhere })
      const { adopt, bytesOf, bucket, run, sandbox } = site
      const dry = await adopt('--json', '--dry-run')
      assert.deepEqual([dry.status, tallyOf(dry)], [0, { 'would be adopted': 3 }], dry.err)
      assert.equal(await bytesOf(refNumber(1)), undefined)
      const ran = await adopt('--json')
      assert.deepEqual([ran.status, tallyOf(ran)], [0, { adopted: 3 }], ran.err)
      assert.equal(sandbox.s3.requestCount('CopyObject'), elsewhere ? 0 : 3)
      for (const { ref, content } of BLOBS) {
        assert.deepEqual(await bytesOf(ref), content)
        const stored = await bucket.head(blobKey('main', ref))
        assert.equal(stored?.sha256, createHash('sha256').update(content).digest('hex'))
        assert.deepEqual([stored?.contentType, stored?.vouched], ['image/gif', true])
      }
      const again = await adopt('--json')
      assert.deepEqual([again.status, tallyOf(again)], [0, { 'adopted before': 3 }])
      assert.equal((await run('check', '--deep')).status, 0)
    })

  it('--dry-run tells what it would do, and changes nothing', async test => {
    const { adopt, index, put, plant } = await withPredecessor(test)
    await adopt()
    await put('blobs/strange\n', 'strange')
    await plant(refNumber(2), 'another size')
    await plant(refNumber(9), 'new')
    const { status, out } = await adopt('--dry-run')
    assert.equal(status, EXIT.integrity)
    assert.match(out, /^in conflict: blobs\/2\/\w+\.blob, the index knows it with 2006 bytes, it has 12$/m)
    assert.match(out, /^foreign: blobs\/strange\\x0a \(7 B\), no key of zodb-s3blobs$/m)
    for (const part of [
      '1 would be adopted (3 B)',
      '2 adopted before (',
      '1 in conflict (',
      '1 foreign (7 B)',
    ])
      assert.ok(out.includes(part), `${part} in ${out}`)
    const json = await adopt('-n', '--json')
    const plans = json.events.filter(({ event }) => event === 'plan').map(({ key, step }) => [key, step])
    const keyOf = (number: number) => predecessorKey({ form: 'zodb-s3blobs', prefix: '' }, refNumber(number))
    assert.deepEqual(plans, [
      [keyOf(1), 'none'],
      [keyOf(2), 'conflict'],
      [keyOf(3), 'none'],
      [keyOf(9), 'adopt'],
    ])
    let rows = 0
    for await (const _ of index.list('main')) rows += 1
    assert.equal(rows, 3)
  })

  it('tells a conflict and what is foreign, keeps both, and goes on (I3)', async test => {
    const { adopt, bucket, put, bytesOf } = await withPredecessor(test)
    const other = Buffer.from('other bytes')
    await bucket.put(blobKey('main', refNumber(2)), factsOf(other), { open: () => other })
    await put('blobs/strange', 'strange')
    const { status, out, err } = await adopt()
    assert.equal(status, EXIT.integrity)
    assert.match(out, /^foreign: blobs\/strange \(7 B\), no key of zodb-s3blobs$/m)
    assert.match(out, /2 adopted \(/)
    assert.match(err, /BLOB_CONFLICT/)
    assert.deepEqual(await bytesOf(refNumber(2)), other)
    const json = await adopt('--json')
    const foreign = json.events.filter(({ event }) => event === 'foreign')
    assert.deepEqual(foreign, [
      { event: 'foreign', key: 'blobs/strange', bytes: 7, reason: 'no key of zodb-s3blobs' },
    ])
    assert.deepEqual(tallyOf(json), { foreign: 1, 'adopted before': 2, BLOB_CONFLICT: 1 })
  })

  it('tells what was collected since, which is not in the bucket, and is no failure', async test => {
    const { adopt, index } = await withPredecessor(test)
    await adopt()
    const [swept, sweeping, condemned] = await index.find(
      'main',
      BLOBS.map(({ ref }) => ref),
    )
    assert.ok(swept && sweeping && condemned)
    const garbage = { condemnedBy: 'some-report', condemnedIn: '1', condemnedAt: 1 }
    await index.replace(swept, { ...swept, ...garbage, state: 'swept', sweptAt: 2 })
    await index.replace(sweeping, { ...sweeping, ...garbage, state: 'sweeping' })
    await index.replace(condemned, { ...condemned, ...garbage, state: 'condemned' })
    for (const more of [[], ['--dry-run'], ['--verify']]) {
      const { status, out, err } = await adopt(...more)
      assert.equal(status, 0, 'the database packed them away, and their bucket keeps them')
      assert.match(out, /^1 adopted before .*, 2 collected before|^2 collected before .*, 1 adopted before/m)
      assert.match(
        err,
        /^2 collected before, and not in the bucket: .*\n {2}hint: .*nice-blobs undelete REF$/m,
      )
    }
    const json = await adopt('--json')
    assert.deepEqual([json.status, json.err], [0, ''])
    assert.deepEqual(tallyOf(json), { 'collected before': 2, 'adopted before': 1 })
  })

  it('--verify reads what was adopted before, and tells other bytes of the same size (I3)', async test => {
    const { adopt, bytesOf, plant } = await withPredecessor(test)
    await adopt()
    const [first, torn] = [BLOBS[0], BLOBS[1]]
    assert.ok(first && torn)
    await plant(torn.ref, Buffer.alloc(torn.content.length, 'x'))
    const believed = await adopt('--json')
    assert.deepEqual([believed.status, tallyOf(believed)], [0, { 'adopted before': 3 }])
    const verified = await adopt('--verify', '--json')
    assert.equal(verified.status, EXIT.integrity)
    assert.deepEqual(tallyOf(verified), { 'adopted before': 2, BLOB_CONFLICT: 1 })
    for (const { ref, content } of [first, torn]) assert.deepEqual(await bytesOf(ref), content)
    assert.equal((await adopt('--verify', '--dry-run')).status, EXIT.input, 'a dry run reads nothing')
  })

  it('reads what is encrypted with a customer key, which a file holds', async test => {
    const customerKey = randomBytes(32).toString('base64')
    const { adopt, bytesOf, base } = await withPredecessor(test, { customerKey })
    const [file, wrong] = [join(base, 'key'), join(base, 'wrong')]
    writeFileSync(file, `${customerKey}\n`)
    writeFileSync(wrong, 'no key')
    const without = await adopt()
    assert.equal(without.status, EXIT.unavailable)
    assert.match(without.err, /--sse-customer-key/)
    for (const none of [wrong, join(base, 'none')])
      assert.equal((await adopt('--sse-customer-key', none)).status, EXIT.input)
    const open = await adopt('--sse-customer-key', file, '--from-endpoint', 'http://s3.example.org')
    assert.equal(open.status, EXIT.input, 'the key would be readable on its way')
    const ran = await adopt('--sse-customer-key', file)
    assert.equal(ran.status, 0, ran.err)
    assert.match(ran.out, /^3 adopted \(/m)
    for (const { ref, content } of BLOBS) assert.deepEqual(await bytesOf(ref), content)
    assert.ok(!`${ran.out}${ran.err}${without.err}`.includes(customerKey))
  })

  it('prints no customer key that was given in the place of its file', async test => {
    const { adopt } = await withPredecessor(test)
    const bytes = randomBytes(32)
    for (const encoding of ['base64', 'base64url', 'hex'] as const)
      for (const more of [[], ['--json']]) {
        const key = bytes.toString(encoding)
        const { status, out, err } = await adopt('--sse-customer-key', key, ...more)
        assert.equal(status, EXIT.input)
        assert.match(err, /USAGE_WRONG.*--sse-customer-key/)
        assert.ok(!`${out}${err}`.includes(key.slice(0, 20)))
      }
  })

  it('reads with the credentials of a profile, through this host', async test => {
    const { adopt, base, sandbox } = await withPredecessor(test)
    const profile = (name: string, { accessKeyId, secretAccessKey }: typeof SANDBOX_CREDENTIALS) =>
      `[${name}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`
    mkdirSync(join(base, '.aws'))
    const unknown = { ...SANDBOX_CREDENTIALS, accessKeyId: 'unknown' }
    const profiles = [profile('theirs', SANDBOX_CREDENTIALS), profile('unknown', unknown)]
    writeFileSync(join(base, '.aws/credentials'), profiles.join('\n'))
    const denied = await adopt('--from-profile', 'unknown')
    assert.equal(denied.status, EXIT.unavailable)
    assert.match(denied.err, /CREDENTIALS_WRONG/)
    const ran = await adopt('--from-profile', 'theirs')
    assert.match(ran.out, /^3 adopted \(/m, ran.err)
    assert.equal(sandbox.s3.requestCount('CopyObject'), 0)
  })

  it('ends cleanly with Ctrl-C, and goes on the next time (I8)', async test => {
    const { words, plant, spawn, adopt, run, other } = await withPredecessor(test, { elsewhere: true })
    for (let number = 10; number < 60; number += 1) await plant(refNumber(number), `blob ${number}`)
    let read = 0
    if (other)
      other.watch.onRead = () => {
        read += 1
        if (read === 5) child.kill('SIGINT')
      }
    const child = spawn(...words, '--jobs', '1', '--json')
    const ran = finish(child)
    const { status, events, err } = await ran
    const { interrupted } = events.at(-1) ?? {}
    assert.deepEqual([status, interrupted, err], [EXIT.interrupted, true, ''])
    const again = await adopt('--json')
    // What was under way may have been stored already.
    const { adopted = 0, present = 0, 'adopted before': before = 0 } = tallyOf(again)
    assert.deepEqual([again.status, adopted + present + before], [0, 53])
    assert.ok(before >= 1 && adopted >= 1)
    assert.equal((await run('check', '--deep')).status, 0)
  })

  it('says what it does not understand, and a bucket, form or prefix that is mistaken', async test => {
    const { run, adopt } = await withPredecessor(test)
    const from = ['--from', FROM]
    const wrong = [
      ['adopt'],
      ['adopt', ...from],
      ['adopt', '--form', 'zodb-s3blobs'],
      ['adopt', ...from, '--form', 'other'],
      ['adopt', ...from, '--form', 'collective.s3blobs'],
      ['adopt', ...from, '--form', 'zodb-s3blobs', '--prefix', 'none'],
      ['adopt', ...from, '--form', 'zodb-s3blobs', '--from-endpoint', 'here'],
      ['adopt', ...from, '--form', 'zodb-s3blobs', '--database', 'none'],
      ['adopt', ...from, '--form', 'zodb-s3blobs', 'blobs/1'],
    ]
    for (const words of wrong) {
      const { status, err } = await run(...words)
      assert.equal(status, EXIT.input, `${words}: ${err}`)
      assert.match(err, /error/)
    }
    for (const name of [`s3://${FROM}`, `${FROM}/site`]) {
      const address = await run('adopt', '--from', name, '--form', 'zodb-s3blobs')
      assert.equal(address.status, EXIT.input)
      assert.match(address.err, /^error USAGE_WRONG: --from .*\n {2}hint: .*--prefix/)
      assert.equal(address.out, '')
    }
    const nowhere = await run('adopt', '--from', 'nowhere', '--form', 'zodb-s3blobs')
    assert.equal(nowhere.status, EXIT.unavailable)
    assert.match(nowhere.err, /BUCKET_MISSING[\s\S]*--from/)
    assert.equal(nowhere.out, '', 'nobody knows whether there was something to do')
    const region = await adopt('--from-region', 'eu-west-3')
    assert.match(region.err, /REGION_WRONG[\s\S]*--from-region/)
  })

  it('tells of an outage, and of nothing missing (I11)', async test => {
    const { adopt, other } = await withPredecessor(test, { elsewhere: true })
    await other?.s3.close()
    const { status, err } = await adopt()
    assert.equal(status, EXIT.unavailable)
    assert.doesNotMatch(err, /MISSING|VANISHED/)
  })

  it('needs an index', async test => {
    const { run } = await install(test, 'bushy', { index: undefined })
    const { status, err } = await run('adopt', '--from', FROM, '--form', 'zodb-s3blobs')
    assert.equal(status, EXIT.input)
    assert.match(err, /index\.table/)
  })
})
