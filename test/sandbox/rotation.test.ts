import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { KeyFacts } from '../../core/key-ring.ts'
import { EXIT } from '../../core/model/errors.ts'
import { scratch } from '../flows/setting.ts'
import { keyPairIn, type Rotation, startRotation } from './rotation-setting.ts'

/** The keys of the deployed edge are changed, and changed in a hurry, as docs/operations.md says; hosts are asked for URLs all the time. */

const MINUTE = 60_000
const LIFETIME = 120 * MINUTE
/** Within which a change of keys is known everywhere. */
const NOTICED = 5 * MINUTE

/** Each test goes on from where the one before it ended. */
describe('the keys of the deployed edge', () => {
  const closing: (() => unknown)[] = []
  const base = scratch({ after: (work: () => void) => closing.push(work) })
  let here: Rotation
  let keys: KeyFacts[]
  const named = (state: KeyFacts['state']) => {
    const key = keys.find(key => key.state === state)
    assert.ok(key, `a key that is ${state}`)
    return key
  }
  const run = async (...words: string[]) => {
    const ran = await here.keys(...words)
    assert.equal(ran.status, 0, ran.err)
    keys = ran.keys
  }
  const lines = () => keys.map(({ publicKey }) => publicKey)

  /** So much time passes, and in each minute of it a page is made whose links open. */
  async function pass(duration: number): Promise<void> {
    for (let minutes = 0; minutes < duration; minutes += MINUTE) {
      assert.equal(await here.status(await here.sign('busy')), 200)
      here.clock.advance(MINUTE)
    }
    assert.equal(await here.status(await here.sign('busy')), 200)
  }

  before(async () => {
    here = await startRotation(base, { after: work => closing.unshift(work) })
  })
  after(async () => {
    for (const close of closing) await close()
  })

  it('are made, deployed and begin to sign in the order of the manual', async () => {
    await here.deploy([])
    await run('create')
    await run('create')
    const early = await here.keys('rotate')
    assert.equal(early.status, EXIT.input)
    assert.match(early.err, /SIGNING_KEY_UNKNOWN/)
    await here.deploy(lines())
    await run('rotate')
    await here.startHosts()
    for (const host of ['busy', 'idle'] as const) {
      const url = await here.sign(host)
      assert.equal(keyPairIn(url), named('signing').keyPairId)
      assert.equal(await here.status(url), 200)
    }
  })

  it('are rotated: old URLs open until they expire, new ones have the new key, and no link is dead', async () => {
    const hasty = await here.keys('rotate')
    assert.equal(hasty.status, EXIT.left)
    assert.match(hasty.err, /SIGNING_KEY_LIVE.*--again/s)
    await pass(NOTICED)
    const [before, idle] = [await here.sign('busy'), await here.sign('idle')]
    await run('rotate')
    await pass(NOTICED)
    for (const host of ['busy', 'idle'] as const) {
      const url = await here.sign(host)
      assert.equal(keyPairIn(url), named('signing').keyPairId, host)
      assert.equal(await here.status(url), 200)
    }
    assert.notEqual(keyPairIn(before), named('signing').keyPairId)
    for (const url of [before, idle]) assert.equal(await here.status(url), 200)

    const early = await here.keys('retire')
    assert.equal(early.status, EXIT.left)
    assert.match(early.err, /SIGNING_KEY_LIVE/)
    here.clock.advance(LIFETIME)
    await pass(NOTICED)
    for (const url of [before, idle]) assert.equal(await here.status(url), 403)
    await run('retire')
    await run('create')
    await here.deploy(lines())
    await pass(MINUTE)
    assert.deepEqual(
      keys.map(({ state }) => state),
      ['signing', 'waiting'],
    )
  })

  it('that leaked are out within one deployment, and no link made since is dead', async () => {
    const leaked = named('signing')
    const forged = here.forge(leaked.name)
    const honest = await here.sign('idle')
    assert.deepEqual([await here.status(forged), await here.status(honest)], [200, 200])
    await run('rotate')
    await pass(NOTICED)
    const since = [await here.sign('busy'), await here.sign('idle')]
    assert.equal(await here.status(forged), 200, 'not yet')
    await here.deploy(lines().filter(line => line !== leaked.publicKey))
    for (const url of [forged, here.forge(leaked.name), honest]) assert.equal(await here.status(url), 403)
    for (const url of since) assert.equal(await here.status(url), 200)
    await pass(MINUTE)

    await run('retire', leaked.name, '--leaked')
    await run('create')
    await here.deploy(lines())
    assert.equal(await here.status(forged), 403)
    await pass(MINUTE)
    await run('rotate')
    await pass(NOTICED)
  })
})
