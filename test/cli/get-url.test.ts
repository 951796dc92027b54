import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import { EXIT } from '../../core/model/errors.ts'
import { formatRef } from '../../core/model/ref.ts'
import { formatSigningKeys } from '../../core/model/signing-keys.ts'
import { trueBlobs } from '../flows/setting.ts'
import { isSignedBy, makeKeys } from '../unit/canned-policy.ts'
import { readDisposition } from '../unit/read-disposition.ts'
import { install } from './command.ts'
import { SECRET } from './keys-setting.ts'

const EDGE = 'https://edge.example'

/** An installation whose database has an edge, and a key that signs. */
async function withEdge(test: TestContext) {
  const installation = await install(test)
  const { sandbox, configFile } = installation
  const config = JSON.parse(readFileSync(configFile, 'utf8'))
  const key = makeKeys('ec')
  const name = '0123456789abcdef'
  const signing = { name, type: 'ec' as const, keyPairId: 'K1', publicKey: 'none', createdAt: 0 }
  const text = formatSigningKeys({
    ...{ formatVersion: 1, database: 'main', signing: name },
    keys: [{ ...signing, privateKey: key.privateKey }],
  })
  config.databases.main.delivery = { edge: EDGE, signingKeys: SECRET, lifetime: '1h' }
  sandbox.secrets.create(SECRET)
  sandbox.secrets.put(SECRET, 'some-token-of-thirty-two-characters', text)
  writeFileSync(configFile, JSON.stringify(config))
  return { ...installation, key, config }
}

const [blob] = trueBlobs('bushy')
const REF = formatRef(blob ?? assert.fail())

describe('get --url', () => {
  it('prints a URL that the key has signed, and nothing else', async test => {
    const { run, key, volume } = await withEdge(test)
    assert.equal((await run('archive', volume)).status, 0)
    const { status, out, err } = await run('get', REF, '--url', '--filename', 'Zürich am "See".jpg')
    assert.equal(status, 0, err)
    const [, url = ''] = /^(\S+)\n$/.exec(out) ?? []
    assert.ok(url.startsWith(`${EDGE}/blobs/main/${REF}?`), out)
    assert.ok(isSignedBy(url, key.publicKey))
    const parameters = new URL(url).searchParams
    assert.deepEqual(readDisposition(parameters.get('response-content-disposition') ?? ''), {
      ...{ type: 'attachment', filename: 'Zürich am "See".jpg', fallback: 'Z?rich am "See".jpg' },
    })
    const left = Number(parameters.get('Expires')) * 1000 - Date.now()
    assert.ok(left > 0 && left <= 3_600_000)
  })

  it('needs no cache, which only reading does', async test => {
    const { run, key, volume, config, configFile } = await withEdge(test)
    assert.equal((await run('archive', volume)).status, 0)
    writeFileSync(configFile, JSON.stringify({ ...config, cache: undefined }))
    const { status, out, err } = await run('get', REF, '--url')
    assert.equal(status, 0, err)
    assert.ok(isSignedBy(out.trim(), key.publicKey))
    const read = await run('get', REF, '--path')
    assert.deepEqual([read.status, read.out], [EXIT.input, ''])
    assert.match(read.err, /cache\.directory/)
  })

  it('shows what is safe to show when asked to, and has the rest saved', async test => {
    const { run, volume } = await withEdge(test)
    await run('archive', volume)
    const shown = trueBlobs('bushy').map(({ oid, tid, path }) => {
      const isJpeg = readFileSync(`${volume}/${path}`).subarray(0, 3).toString('hex') === 'ffd8ff'
      return { ref: `${oid}/${tid}`, isJpeg }
    })
    const jpeg = shown.find(({ isJpeg }) => isJpeg)?.ref ?? assert.fail()
    const other = shown.find(({ isJpeg }) => !isJpeg)?.ref ?? assert.fail()
    const said = async (...words: string[]) => {
      const { out } = await run('get', ...words, '--url', '--disposition', 'inline')
      return new URL(out.trim()).searchParams.get('response-content-disposition')
    }
    assert.equal(await said(jpeg, '--type', 'image/jpeg'), 'inline')
    assert.equal(await said(jpeg, '--type', 'image/png'), 'attachment')
    assert.equal(await said(other, '--type', 'image/jpeg'), 'attachment')
  })

  it('says of a blob that is in a volume only that it is not archived yet', async test => {
    const { run } = await withEdge(test)
    const { status, out, err } = await run('get', REF, '--url')
    assert.deepEqual([status, out], [EXIT.left, ''])
    assert.match(err, /^error NOT_ARCHIVED: .*\n {2}hint: .*nice-blobs archive/)
  })

  it('says what is missing of the configuration, and of the keys', async test => {
    const { run, volume, configFile, config, sandbox } = await withEdge(test)
    await run('archive', volume)
    sandbox.secrets.create('other')
    config.databases.main.delivery.signingKeys = 'other'
    writeFileSync(configFile, JSON.stringify(config))
    const keyless = await run('get', REF, '--url')
    assert.equal(keyless.status, EXIT.input)
    assert.match(keyless.err, /^error SIGNING_KEY_MISSING: main: .*\n {2}hint: .*keys create/)
    config.databases.main.delivery = { lifetime: '1h' }
    writeFileSync(configFile, JSON.stringify(config))
    const edgeless = await run('get', REF, '--url')
    assert.equal(edgeless.status, EXIT.input)
    assert.match(edgeless.err, /^error CONFIG_INVALID: databases\.main\.delivery: .*\n {2}hint: .*init/)
  })

  it('goes with no other form, and what belongs to it with none', async test => {
    const { run } = await install(test)
    for (const words of [
      ['--url', '--path'],
      ['--url', '-o', 'file'],
      ['--filename', 'a'],
      ['--type', 'image/png'],
    ])
      assert.equal((await run('get', REF, ...words)).status, EXIT.input, words.join(' '))
  })
})
