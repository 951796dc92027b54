import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { KeyFacts } from '../../core/key-ring.ts'
import { EXIT } from '../../core/model/errors.ts'
import type { Ran } from './command.ts'
import { idOf, type KeysSetting, SECRET, withSecret } from './keys-setting.ts'

/** What happens to administrators at the worst time: two of them at once, an answer that is lost, another stack's outputs, a spoilt secret. */

const namesIn = ({ events }: Ran) => ((events[0]?.keys ?? []) as KeyFacts[]).map(({ name }) => name)

/** One key signs, another one waits, and both are deployed. */
async function withTwo(setting: KeysSetting): Promise<string> {
  await setting.run('keys', 'create')
  await setting.run('keys', 'create')
  const outputs = setting.deploy(setting.document().keys)
  const begun = await setting.run('keys', 'rotate', '--outputs', outputs)
  assert.equal(begun.status, 0, begun.err)
  return outputs
}

describe('two commands of keys at once', () => {
  it('have both done what they say, and say what they have not', async test => {
    const { run, document } = await withSecret(test)
    for (let made = 0; made < 2; made = document().keys.length) {
      const runs = await Promise.all([1, 2].map(() => run('keys', 'create', '--json')))
      for (const ran of runs)
        if (ran.status === 0)
          for (const name of namesIn(ran)) assert.ok(document().keys.some(key => key.name === name))
        else assert.match(ran.err, /SECRET_CHANGED.*nothing was changed.*keys list|SIGNING_KEY_LIVE/)
    }
  })

  it('do not undo a rotation', async test => {
    const { run, document, deploy } = await withSecret(test)
    await run('keys', 'create')
    const outputs = deploy(document().keys)
    const [rotated, created] = await Promise.all([
      run('keys', 'rotate', '--outputs', outputs),
      run('keys', 'create'),
    ])
    for (const { status, err } of [rotated, created])
      if (status !== 0)
        assert.match(err, /^error SECRET_CHANGED: .*\n {2}hint: look with nice-blobs keys list/)
    assert.equal(document().signing !== undefined, rotated.status === 0)
    assert.equal(document().keys.length === 2, created.status === 0)
  })
})

describe('keys rotate', () => {
  it('twice is once, as long as the first is not known everywhere (I8), unless it is said that the key has leaked', async test => {
    const setting = await withSecret(test)
    const outputs = await withTwo(setting)
    const { run, document } = setting
    const before = document()
    const repeated = await run('keys', 'rotate', '--outputs', outputs)
    assert.equal(repeated.status, EXIT.left)
    assert.match(
      repeated.err,
      new RegExp(
        `SIGNING_KEY_LIVE: main: ${before.signing} began to sign only now, and is known everywhere at .+ UTC\n.*--again`,
      ),
    )
    assert.deepEqual(document(), before)
    assert.equal((await run('keys', 'rotate', '--outputs', outputs, '--again')).status, 0)
    assert.notEqual(document().signing, before.signing)
  })

  it('takes no ids from outputs of a stack that did not make the secret', async test => {
    const setting = await withSecret(test)
    await withTwo(setting)
    const { run, document, deploy } = setting
    const before = document()
    const foreign = await run('keys', 'rotate', '--outputs', deploy(before.keys, 'other'), '--again')
    assert.equal(foreign.status, EXIT.input)
    assert.match(
      foreign.err,
      new RegExp(
        `CONFIG_INVALID: secret:${SECRET}: these are outputs of the stack "other".*\n {2}hint: name`,
      ),
    )
    assert.deepEqual(document(), before)
  })

  it('says from which id to which the key changes that goes on signing', async test => {
    const { run, document, deploy } = await withSecret(test)
    await run('keys', 'create')
    const outputs = deploy(document().keys)
    await run('keys', 'rotate', '--outputs', outputs)
    const name = document().signing ?? ''
    writeFileSync(outputs, readFileSync(outputs, 'utf8').replace(idOf(name), 'KANEW'))
    const { status, out, err } = await run('keys', 'rotate', '--outputs', outputs)
    assert.equal(status, 0, err)
    assert.match(out, new RegExp(`\n {2}its id changes from ${idOf(name)} to KANEW, as when`))
    assert.equal(document().keys[0]?.keyPairId, 'KANEW')
  })
})

describe('keys retire', () => {
  it('waits for URLs of the lifetime that there was at the rotation', async test => {
    const setting = await withSecret(test)
    const outputs = await withTwo(setting)
    const { run, configFile, document } = setting
    await run('keys', 'rotate', '--outputs', outputs, '--again')
    const config = JSON.parse(readFileSync(configFile, 'utf8'))
    config.databases.main.delivery.lifetime = '2s'
    writeFileSync(configFile, JSON.stringify(config))
    const [old] = document().keys
    setting.setDocument(keys => ({
      ...keys,
      keys: keys.keys.map(key =>
        key.name === old?.name ? { ...key, replacedAt: Date.now() - 3_600_000 } : key,
      ),
    }))
    const { status, err } = await run('keys', 'retire')
    assert.equal(status, EXIT.left)
    assert.match(err, /SIGNING_KEY_LIVE/)
  })
})

describe('keys create --anew', () => {
  it('begins a new document in place of a text that is none, and says where its line goes', async test => {
    const { run, document, sandbox } = await withSecret(test)
    const spoilt = ['{"password":"CANARY"}', '{"formatVersion":1,"database":"main","keys":[{}]}', 'CANARY']
    for (const [number, text] of spoilt.entries()) {
      sandbox.secrets.put(SECRET, `spoilt-${number}`.padEnd(32, '-'), text)
      for (const words of [['create'], ['list'], ['retire', '--leaked']])
        assert.equal((await run('keys', ...words)).status, EXIT.integrity)
      const { status, out, err } = await run('keys', 'create', '--anew')
      assert.equal(status, 0, err)
      assert.doesNotMatch(out + err, /CANARY/)
      assert.match(out, /publicKeys: beside the line of the key that signed until now/)
      assert.ok(out.includes(`"${document().keys[0]?.publicKey}"`))
      assert.equal(document().keys.length, 1)
    }
  })

  it('takes the place of nothing that can be read, here, elsewhere or later', async test => {
    const { run, sandbox } = await withSecret(test)
    const anew = () => run('keys', 'create', '--anew')
    const empty = await anew()
    assert.equal(empty.status, EXIT.left)
    await run('keys', 'create')
    const refused = await anew()
    assert.equal(refused.status, EXIT.left)
    assert.match(refused.err, /SIGNING_KEY_LIVE: main: the keys can be read, and are not begun anew\n/)
    const others = [
      '{"formatVersion":1,"database":"other","keys":[]}',
      '{"formatVersion":2,"database":"main"}',
    ]
    for (const [number, text] of others.entries()) {
      sandbox.secrets.put(SECRET, `other-${number}`.padEnd(32, '-'), text)
      const { status, err } = await anew()
      assert.equal(status, EXIT.integrity)
      assert.match(err, /FORMAT_UNKNOWN/)
      assert.equal(sandbox.secrets.current(SECRET)?.text, text)
    }
  })
})
