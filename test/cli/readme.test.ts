import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { hashTree, trueTree } from '../flows/setting.ts'
import { typedCommands } from '../structure/typed-commands.ts'
import { install } from './command.ts'

const commands = typedCommands('README.md').flatMap(
  ({ words }) => /^npx nice-blobs (.+)/.exec(words)?.[1] ?? [],
)

describe('the README', () => {
  it('tells commands that work, in the order it tells them', async test => {
    const { run, runUntilServing, volume, base } = await install(test)
    assert.ok(commands.length >= 7)
    const ClientConfiguration = readFileSync(join(base, 'nice-blobs.config.json'), 'utf8')
    writeFileSync(join(base, 'cdk-outputs.json'), JSON.stringify({ 'nice-blobs': { ClientConfiguration } }))
    for (const command of commands) {
      const words = command
        .replaceAll('/srv/plone/blobstorage', volume)
        .replaceAll('/mnt/backup', join(base, 'backup'))
        .replaceAll('/etc/nice-blobs.json', join(base, 'host.json'))
        .replaceAll('plan.html', join(base, 'plan.html'))
      const start = words === 'agent' ? runUntilServing : run
      const { status, err } = await start(...words.split(/\s+/))
      assert.equal(status, 0, `${command}: ${err}`)
    }
    assert.ok(existsSync(join(base, 'plan.html')) && existsSync(join(base, 'host.json')))
    assert.deepEqual(hashTree(volume), trueTree('bushy'))
    assert.ok(Object.keys(hashTree(join(base, 'backup'))).length > 0)
  })
})
