import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { inspect } from 'node:util'
import { BlobUnavailable } from '../../core/model/errors.ts'
import { REREAD_EVERY } from '../../core/model/signing-keys.ts'
import { isSignedBy } from '../unit/canned-policy.ts'
import { refNumber } from './setting.ts'
import { createUrlSetting, keysDocument, LIFETIME, publicKeys } from './urls-setting.ts'

const ref = refNumber(1)
const outage = () => new BlobUnavailable('SERVER_BUSY', 'no answer', { subject: 'secret', hint: 'none' })

async function keyOf(urls: ReturnType<typeof createUrlSetting>['urls']): Promise<number> {
  const signed = await urls.url(ref)
  return publicKeys.findIndex(key => signed && isSignedBy(signed.url, key))
}

describe('the key that signs', () => {
  it('is another one within the time after which its secret is read again, and what the memo has is dropped', async test => {
    const { urls, state, counts } = createUrlSetting(test)
    assert.equal(await keyOf(urls), 0)
    state.secret = keysDocument(1)
    state.now += REREAD_EVERY - 1
    assert.equal(await keyOf(urls), 0)
    state.now += 1
    await keyOf(urls)
    await turn()
    assert.equal(await keyOf(urls), 1)
    assert.equal(counts.secrets, 2)
  })

  it('is read again without keeping anybody waiting', async test => {
    const { urls, state } = createUrlSetting(test)
    await keyOf(urls)
    state.now += REREAD_EVERY
    state.secret = keysDocument(1)
    assert.equal(await keyOf(urls), 0)
  })

  it('is waited for by who has not asked for long, since it may be retired', async test => {
    const { urls, state } = createUrlSetting(test)
    await keyOf(urls)
    state.secret = keysDocument(1)
    state.now += 2 * REREAD_EVERY
    assert.equal(await keyOf(urls), 1)
  })

  it('is waited for after the clock was set back, which hides how long nobody has asked', async test => {
    const { urls, state } = createUrlSetting(test)
    await keyOf(urls)
    state.secret = keysDocument(1)
    state.now -= 1
    assert.equal(await keyOf(urls), 1)
  })

  it('goes on signing while its secret cannot be read, which is told', async test => {
    const { urls, state, told, counts } = createUrlSetting(test)
    await keyOf(urls)
    state.secret = outage()
    for (const later of [REREAD_EVERY, 30_000, 29_999, 1, 100 * LIFETIME]) {
      state.now += later
      assert.equal(await keyOf(urls), 0)
      await turn()
    }
    assert.equal(counts.secrets, 5)
    assert.deepEqual(
      told.map(trouble => (trouble as BlobUnavailable).code),
      Array(4).fill('SERVER_BUSY'),
    )
    state.secret = keysDocument(1)
    state.now += 2 * REREAD_EVERY
    assert.equal(await keyOf(urls), 1)
  })

  it('goes on signing when the secret is emptied, or holds what nobody knows', async test => {
    const { urls, state, told } = createUrlSetting(test)
    await keyOf(urls)
    for (const text of [undefined, 'something else']) {
      state.secret = text
      state.now += 2 * REREAD_EVERY
      assert.equal(await keyOf(urls), 0)
    }
    assert.equal(told.length, 2)
  })

  it('is an outage as long as none is known, and is asked for again', async test => {
    const { urls, state, told } = createUrlSetting(test)
    state.secret = outage()
    for (let times = 0; times < 2; times += 1)
      await assert.rejects(urls.url(ref), error => error instanceof BlobUnavailable)
    state.secret = keysDocument(0)
    assert.equal(await keyOf(urls), 0)
    assert.deepEqual(told, [])
  })

  it('is told to be missing before there is one', async test => {
    const { urls, state } = createUrlSetting(test)
    const { keys, signing: _, ...rest } = JSON.parse(keysDocument(0))
    for (const text of [undefined, JSON.stringify({ ...rest, keys })]) {
      state.secret = text
      await assert.rejects(urls.url(ref), { code: 'SIGNING_KEY_MISSING' })
    }
  })

  it('is in no error', async test => {
    const { urls, state } = createUrlSetting(test)
    const text = keysDocument(0)
    const canary = /PRIVATE KEY-----\\n([^\\]{30})/.exec(text)?.[1] ?? assert.fail()
    for (const spoiled of [
      text.replace('"main"', '"other"'),
      text.slice(0, -1),
      text.replaceAll(canary, canary.slice(1)),
    ]) {
      state.secret = spoiled
      state.now += 2 * REREAD_EVERY
      const error = await urls.url(ref).catch((error: unknown) => error)
      assert.ok(error instanceof Error && !inspect(error, { depth: 9 }).includes(canary.slice(1)))
    }
  })
})
