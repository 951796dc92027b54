import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { KeyFacts } from '../../core/key-ring.ts'
import { EXIT } from '../../core/model/errors.ts'
import { urlsEndOf } from '../../core/model/keys-plan.ts'
import { formatMoment } from '../../core/model/moment.ts'
import { formatPublicKey, parsePublicKey } from '../../core/model/public-key.ts'
import type { Ran } from './command.ts'
import { idOf, SECRET, withSecret } from './keys-setting.ts'

const HOURS = 3_600_000
const LIFETIME = 2 * HOURS

const keysIn = ({ events }: Ran) => events[0]?.keys as KeyFacts[]
const statesIn = (ran: Ran) => keysIn(ran).map(({ state }) => state)

describe('keys create', () => {
  it('puts a key that waits into the secret and prints the lines of the configuration', async test => {
    const { run, document } = await withSecret(test)
    const { status, out, err } = await run('keys', 'create')
    assert.equal(status, 0, err)
    const [key] = document().keys
    assert.ok(key)
    assert.match(
      out,
      new RegExp(`^main: the key ${key.name} \\(rsa\\) is made and waits; .* secret ${SECRET}, `),
    )
    assert.ok(out.includes(`\n       "publicKeys": [\n         "${key.publicKey}"\n       ]\n`), out)
    const steps = [...out.matchAll(/^ {2}(\d)\. (.+)$/gm)].map(([, number, step]) => `${number} ${step}`)
    assert.match(
      steps.join('\n'),
      /^1 .*keys create\n2 in the conf.+\n3 npx cdk deploy .+\n4 .*keys rotate --outputs .+$/,
    )
    assert.equal(document().signing, undefined)
    const privateKey = createPrivateKey(key.privateKey)
    assert.equal(formatPublicKey(createPublicKey(privateKey)), key.publicKey)
    assert.deepEqual(
      [parsePublicKey(key.publicKey)?.name, parsePublicKey(key.publicKey)?.type],
      [key.name, 'rsa'],
    )
  })

  it('makes an EC key when asked to, beside the one there is, and no third', async test => {
    const { run, document, sandbox } = await withSecret(test)
    await run('keys', 'create')
    const second = await run('keys', 'create', '--type', 'ec', '--json')
    assert.deepEqual(statesIn(second), ['waiting', 'waiting'])
    assert.deepEqual(
      keysIn(second).map(({ type }) => type),
      ['rsa', 'ec'],
    )
    assert.equal(parsePublicKey(keysIn(second)[1]?.publicKey ?? '')?.type, 'ec')
    const before = document()
    const third = await run('keys', 'create')
    assert.equal(third.status, EXIT.left)
    assert.match(third.err, /^error SIGNING_KEY_LIVE: main: there are 2 keys already\n {2}hint: /)
    assert.deepEqual(document(), before)
    assert.equal(sandbox.secrets.versions(SECRET).length, 2)
  })

  it('finds the secret by the configuration that is deployed, too', async test => {
    const { run, configFile, environment, sandbox, document } = await withSecret(test)
    const deployed = {
      bucket: { name: 'some-bucket', region: sandbox.region },
      index: { table: 'some-table' },
      databases: { main: {}, other: {} },
      stack: { name: 'site', delivery: { databases: { main: {} } } },
    }
    writeFileSync(configFile, JSON.stringify(deployed))
    environment.AWS_ENDPOINT_URL_SECRETS_MANAGER = sandbox.secretsEndpoint
    const { status, err } = await run('keys', 'create', '--database', 'main')
    assert.equal(status, 0, err)
    assert.equal(document().keys.length, 1)
    const other = await run('keys', 'create', '--database', 'other')
    assert.equal(other.status, EXIT.input)
    assert.match(
      other.err,
      /CONFIG_INVALID: databases\.other\.delivery\.signingKeys: .*\n {2}hint: name the database in stack\.delivery/,
    )
    // Of several databases it tells those that have keys.
    assert.match((await run('keys', 'list')).out, /^main: 1 key, none of which signs\n/)
  })

  it('says what is missing where the secret was never deployed, and what is no document of ours', async test => {
    const { run, configFile, sandbox } = await withSecret(test)
    sandbox.secrets.put(SECRET, 'x'.repeat(32), '{"password":"CANARY"}')
    const foreign = await run('keys', 'create')
    assert.equal(foreign.status, EXIT.integrity)
    assert.match(foreign.err, /FORMAT_UNKNOWN/)
    assert.doesNotMatch(foreign.err, /CANARY/)
    assert.equal(sandbox.secrets.versions(SECRET).length, 1)
    writeFileSync(configFile, readFileSync(configFile, 'utf8').replace(SECRET, 'site/mian/url-signing-key'))
    const missing = await run('keys', 'create')
    assert.equal(missing.status, EXIT.unavailable)
    assert.match(
      missing.err,
      /^error SECRET_MISSING: .*site\/mian\/.*\n {2}hint: name the database in stack\.delivery/,
    )
  })
})

describe('keys rotate', () => {
  it('lets the first deployed key sign, then the next one, and says until when old URLs live', async test => {
    const { run, document, deploy } = await withSecret(test)
    await run('keys', 'create')
    const [first, second] = keysIn(await run('keys', 'create', '--json'))
    assert.ok(first && second)
    const outputs = deploy([first, second])
    const begun = await run('keys', 'rotate', '--outputs', outputs)
    assert.equal(begun.status, 0, begun.err)
    assert.ok(
      begun.out.startsWith(`main: the key ${first.name} signs from now on, as ${idOf(first.name)}; hosts`),
    )
    assert.match(begun.out, /nice-blobs init --outputs/)
    assert.deepEqual([document().signing, document().keys[0]?.keyPairId], [first.name, idOf(first.name)])

    const earliest = Date.now()
    const { status, out } = await run('keys', 'rotate', '--outputs', outputs, '--again')
    assert.equal(status, 0)
    const [old] = document().keys
    assert.ok(old?.replacedAt !== undefined && old.replacedAt >= earliest)
    assert.equal(document().signing, second.name)
    const end = formatMoment(urlsEndOf(old, LIFETIME) ?? 0)
    assert.ok(out.includes(`\n  ${first.name} is replaced: its URLs live until ${end}\n`), out)
    assert.match(
      out,
      new RegExp(
        `if ${first.name} has leaked, do not wait:\n  1\\. take its line out .*"${RegExp.escape(first.publicKey)}"\n`,
      ),
    )
  })

  it('reads the outputs from standard input, of the stack that is named', async test => {
    const { run, spawn, deploy, document } = await withSecret(test)
    const [key] = keysIn(await run('keys', 'create', '--json'))
    assert.ok(key)
    const one = JSON.parse(readFileSync(deploy([key]), 'utf8'))
    const both = JSON.stringify({ ...one, another: { SigningKeys: '{}' } })
    const piped = (...words: string[]) => {
      const child = spawn('keys', 'rotate', '--outputs', '-', ...words)
      child.stdin?.end(both)
      return new Promise<number | null>(resolve => child.once('close', resolve))
    }
    assert.equal(await piped(), EXIT.input)
    assert.equal(await piped('--stack', 'another'), EXIT.input)
    assert.equal(document().signing, undefined)
    assert.equal(await piped('--stack', 'site'), 0)
    assert.equal(document().signing, key.name)
  })

  it('refuses a key that is not deployed, and when none waits, and leaves all as it was', async test => {
    const { run, deploy, document } = await withSecret(test)
    const none = await run('keys', 'rotate', '--outputs', deploy([]))
    assert.match(
      none.err,
      /SIGNING_KEY_MISSING: main: there is no key\n {2}hint: make one first: nice-blobs keys create/,
    )
    const [first] = keysIn(await run('keys', 'create', '--json'))
    assert.ok(first)
    const before = document()
    const early = await run('keys', 'rotate', '--outputs', deploy([]))
    assert.equal(early.status, EXIT.input)
    assert.match(
      early.err,
      /SIGNING_KEY_UNKNOWN: main: the key .+ waits and is not deployed\n {2}hint: add its line/,
    )
    assert.deepEqual(document(), before)
    const outputs = deploy([first])
    await run('keys', 'rotate', '--outputs', outputs)
    const alone = await run('keys', 'rotate', '--outputs', outputs)
    assert.equal(alone.status, EXIT.input)
    assert.match(alone.err, /SIGNING_KEY_MISSING: main: no key waits; .+ goes on signing/)
    for (const words of [['--outputs', '/not/there.json'], ['--outputs', outputs, '--stack', 'other'], []])
      assert.equal((await run('keys', 'rotate', ...words)).status, EXIT.input)
    assert.equal(document().signing, first.name)
  })
})

describe('keys retire', () => {
  it('forgets a replaced key once its URLs have ended, and not before', async test => {
    const { run, deploy, document, setDocument } = await withSecret(test)
    await run('keys', 'create')
    const outputs = deploy(keysIn(await run('keys', 'create', '--json')))
    const early = await run('keys', 'retire')
    assert.equal(early.status, EXIT.input)
    assert.match(early.err, /SIGNING_KEY_UNKNOWN: main: no key was replaced\n/)
    await run('keys', 'rotate', '--outputs', outputs)
    await run('keys', 'rotate', '--outputs', outputs, '--again')
    const [old, signing] = document().keys
    assert.ok(old && signing)
    const refused = await run('keys', 'retire')
    assert.equal(refused.status, EXIT.left)
    assert.match(
      refused.err,
      new RegExp(`SIGNING_KEY_LIVE: main: URLs of ${old.name} live until .+ UTC\n.*--leaked`),
    )
    assert.equal((await run('keys', 'retire', signing.name, '--leaked')).status, EXIT.left)
    assert.equal((await run('keys', 'retire', 'abc')).status, EXIT.input)
    assert.equal(document().keys.length, 2)
    setDocument(keys => ({
      ...keys,
      keys: keys.keys.map(key => (key.name === old.name ? { ...key, urlsUntil: Date.now() - 1 } : key)),
    }))
    const { status, out, err } = await run('keys', 'retire')
    assert.equal(status, 0, err)
    assert.deepEqual(
      document().keys.map(({ name }) => name),
      [signing.name],
    )
    const [told = '', ...steps] = out.split('\n')
    assert.ok(
      told.startsWith(`main: the key ${old.name} is forgotten; its line goes`) &&
        told.includes(old.publicKey),
    )
    assert.match(
      steps.join('\n'),
      /^next:\n {2}1\. let the next one wait: nice-blobs keys create.*\n {2}2\. npx cdk deploy/,
    )
  })

  it('forgets a leaked one at once, and says that the deployment ends it', async test => {
    const { run, deploy, document } = await withSecret(test)
    await run('keys', 'create')
    const outputs = deploy(keysIn(await run('keys', 'create', '--json')))
    for (const _ of ['begun', 'leaked']) await run('keys', 'rotate', '--outputs', outputs, '--again')
    const [leaked, signing] = document().keys
    const { status, out, err } = await run('keys', 'retire', leaked?.name ?? '', '--leaked')
    assert.equal(status, 0, err)
    assert.match(out, /is forgotten; its line goes .*\n {2}until that is deployed, the edge takes/)
    assert.match(out, /at once: npx cdk deploy/)
    assert.deepEqual(
      document().keys.map(({ name }) => name),
      [signing?.name],
    )
  })
})

describe('keys list', () => {
  it('tells of each key what it does, and what the configuration has to have', async test => {
    const { run, deploy } = await withSecret(test)
    const empty = await run('keys', 'list')
    assert.deepEqual([empty.status, empty.out], [0, 'main: no signing key yet: nice-blobs keys create\n'])
    await run('keys', 'create')
    const keys = keysIn(await run('keys', 'create', '--json'))
    const outputs = deploy(keys)
    for (const _ of keys) await run('keys', 'rotate', '--outputs', outputs, '--again')
    const { out } = await run('keys', 'list')
    const [first, second] = keys
    assert.match(
      out,
      new RegExp(
        `^main: 2 keys\n {2}key +type +made +state\n {2}${first?.name} +rsa +.+ UTC +replaced: its URLs live until .+ UTC\n`,
      ),
    )
    assert.match(
      out,
      new RegExp(`\n {2}${second?.name} +rsa +.+ UTC +signs as ${idOf(second?.name ?? '')}\n`),
    )
    for (const { publicKey } of keys) assert.ok(out.includes(`"${publicKey}"`))
    const listed = await run('keys', 'list', '--json')
    assert.deepEqual(statesIn(listed), ['replaced', 'signing'])
    assert.deepEqual(Object.keys(keysIn(listed)[1] ?? {}), [
      'name',
      'type',
      'state',
      'publicKey',
      'createdAt',
      'keyPairId',
    ])
  })
})
