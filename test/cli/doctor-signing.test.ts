import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { EXIT } from '../../core/model/errors.ts'
import { parseSigningKeys, type SigningKeys } from '../../core/model/signing-keys.ts'
import { startSecrets } from '../../sandbox/secrets/server.ts'
import { keepSigningKey } from '../flows/signing-setting.ts'
import { install } from './command.ts'
import { configure, examined } from './doctor-setting.ts'

const SECRET = 'site/main/url-signing-key'
const EDGE = { edge: 'https://d111111abcdef8.cloudfront.net', signingKeys: SECRET }

async function withDelivery(test: TestContext, delivery: object = EDGE) {
  const installation = await install(test)
  configure(installation, 'databases', { main: { delivery } })
  const { secrets } = installation.sandbox
  const spoil = (change: (keys: SigningKeys) => object) => {
    const keys = parseSigningKeys(secrets.versions(SECRET).at(-1)?.text ?? '', 'main')
    secrets.put(SECRET, 'spoilt'.padEnd(32, '-'), JSON.stringify(change(keys)))
  }
  const look = async () => {
    const { events, levels, status } = await examined(installation)
    const found = events.find(({ part }) => part === 'signing key main')
    assert.doesNotMatch(JSON.stringify(events), /PRIVATE|MIG|MII/)
    return { level: levels['signing key main'], told: String(found?.told), status }
  }
  return { installation, secrets, spoil, look }
}

describe('doctor, of a database with signed URLs', () => {
  it('reads the key that signs, and tells its name alone', async test => {
    const { secrets, look } = await withDelivery(test)
    await keepSigningKey(secrets, SECRET)
    const { level, told, status } = await look()
    assert.deepEqual([level, status], ['ok', 0])
    assert.match(told, /^the key [0-9a-f]{16} signs URLs of https:\/\/d111111abcdef8\.cloudfront\.net$/)
  })

  it('misses a secret, a key that signs, and the other half of one', async test => {
    const { secrets, spoil, look } = await withDelivery(test)
    assert.match((await look()).told, /^SECRET_MISSING/)
    secrets.create(SECRET)
    assert.match((await look()).told, /^SIGNING_KEY_MISSING/)
    await keepSigningKey(secrets, SECRET)
    const privateKey = '-----BEGIN PRIVATE KEY-----\nMIGsecret\n-----END PRIVATE KEY-----\n'
    spoil(keys => ({ ...keys, keys: keys.keys.map(key => ({ ...key, privateKey })) }))
    const { level, told, status } = await look()
    assert.deepEqual([level, status], ['fail', EXIT.integrity])
    assert.match(told, /^FORMAT_UNKNOWN/)
  })

  it('warns where it may not be read', async test => {
    const { installation, secrets, look } = await withDelivery(test)
    const { endpoint, close } = await startSecrets({ secrets, deny: () => true })
    test.after(close)
    configure(installation, 'secrets', { endpoint })
    const { level, told, status } = await look()
    assert.deepEqual([level, status], ['warn', 0])
    assert.match(told, /make no URLs$/)
  })

  it('waits for an edge', async test => {
    const { look } = await withDelivery(test, { signingKeys: SECRET })
    assert.equal((await look()).level, 'skipped')
  })
})
