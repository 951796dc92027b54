import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { hashTree, trueTree } from '../flows/setting.ts'
import { install } from './command.ts'

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

/** What the README tells people to type, without its remarks. */
const commands = [...README.matchAll(/^npx nice-blobs ([^#\n]+)/gm)].map(([, words]) => (words ?? '').trim())

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
