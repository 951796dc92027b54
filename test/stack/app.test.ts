import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { finish } from '../cli/command.ts'
import { scratch } from '../flows/setting.ts'
import { typedCommands } from '../structure/typed-commands.ts'
import { EXAMPLE } from './synthesize.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** `npx cdk synth`, as a person runs it, but into a directory of its own. */
function synth(test: TestContext, config: string) {
  const words = [
    'synth',
    '--no-notices',
    '--quiet',
    '--output',
    scratch(test),
    '--context',
    `config=${config}`,
  ]
  const { PATH, HOME } = process.env
  const bin = join(ROOT, 'node_modules/.bin')
  return finish(
    spawn(join(bin, 'cdk'), words, { cwd: ROOT, env: { PATH: `${bin}:${PATH}`, HOME, CI: 'true' } }),
  )
}

describe('cdk synth', () => {
  it('makes both stacks without a warning, of the example as the README has it copied', async test => {
    const [copy] = typedCommands('README.md').filter(({ words }) => words.startsWith('cp '))
    const directory = scratch(test)
    symlinkSync(join(ROOT, 'examples'), join(directory, 'examples'))
    execFileSync('sh', ['-c', copy?.words ?? 'false'], { cwd: directory })
    const { status, out, err } = await synth(test, join(directory, 'nice-blobs.config.json'))
    assert.equal(status, 0, err)
    assert.doesNotMatch(out + err, /warn|deprecated|not configured/i)
    assert.match(out + err, /Successfully synthesized/)
  })

  it('says what is wrong with a configuration, all of it, and makes nothing', async test => {
    const file = join(scratch(test), 'config.json')
    const garbage = { undeleteWindow: '30d', oldestDatabaseBackup: '60d', grace: 'soon' }
    writeFileSync(file, JSON.stringify({ ...EXAMPLE, stack: { ...EXAMPLE.stack, garbage } }))
    const { status, err } = await synth(test, file)
    assert.notEqual(status, 0)
    assert.match(err, /error CONFIG_INVALID: .*config\.json: 2 faults/)
    assert.match(err, /stack\.garbage\.grace: expected a duration/)
    assert.match(err, /stack\.garbage\.undeleteWindow: shorter than oldestDatabaseBackup/)
    assert.doesNotMatch(err, /at .*\.ts:\d+/)
  })

  it('says where to begin when there is no configuration, or none of a stack', async test => {
    const missing = await synth(test, '/not/there.json')
    assert.match(missing.err, /CONFIG_INVALID: \/not\/there\.json: cannot read/)
    assert.notEqual(missing.status, 0)
    const file = join(scratch(test), 'config.json')
    writeFileSync(file, JSON.stringify({ ...EXAMPLE, stack: undefined }))
    const without = await synth(test, file)
    assert.match(without.err, /CONFIG_INVALID: \/.*config\.json: there is no section "stack"/)
    assert.match(without.err, /begin with examples\/deploy\/nice-blobs\.config\.json/)
    assert.notEqual(without.status, 0)
  })
})
