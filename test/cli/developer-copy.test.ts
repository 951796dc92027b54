import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { until } from '../../sandbox/installation.ts'
import { askSocket } from '../flows/agent-setting.ts'
import { hashFile, trueBlobs } from '../flows/setting.ts'
import { typedCommands } from '../structure/typed-commands.ts'
import { install } from './command.ts'

const EXAMPLE = new URL('../../examples/developer-copy/nice-blobs.json', import.meta.url)
const typed = typedCommands('examples/developer-copy/README.md').map(({ words }) => words)
const [, profile = '', command = ''] =
  typed.map(words => /^AWS_PROFILE=(\S+) npx nice-blobs (.+)/.exec(words)).find(found => found) ?? []

describe('a developer’s copy', () => {
  it('reads production’s blobs by the commands and the configuration of the example, and writes none', async test => {
    const { base, environment, run, sandbox, spawn, volume } = await install(test)
    assert.equal((await run('archive', volume)).status, 0)

    const site = join(base, 'site')
    const config = JSON.parse(readFileSync(EXAMPLE, 'utf8').replaceAll('/home/me/site', site))
    const { region, bucketEndpoint: endpoint, credentials } = sandbox
    config.bucket = { name: 'some-bucket', region, endpoint, pathStyle: true }
    mkdirSync(config.databases.main.volumes.local, { recursive: true })
    writeFileSync(join(base, 'nice-blobs.json'), JSON.stringify(config))
    mkdirSync(join(base, '.aws'))
    const { accessKeyId, secretAccessKey } = credentials
    const keys = `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}`
    writeFileSync(join(base, '.aws/credentials'), `[${profile}]\n${keys}\n`)
    delete environment.AWS_ACCESS_KEY_ID
    delete environment.AWS_SECRET_ACCESS_KEY
    environment.AWS_PROFILE = profile

    const agent = spawn(...command.split(' '))
    test.after(() => agent.kill('SIGKILL'))
    const { socket } = config.agent
    await until('the agent', () => existsSync(socket))
    for (const { oid, tid, sha256 } of trueBlobs('bushy')) {
      const { body } = await askSocket(socket, `/v1/blobs/${oid}/${tid}/path`)
      const { path, tier } = JSON.parse(body.toString())
      assert.deepEqual([tier, hashFile(path)], ['bucket', sha256])
    }
    const [blob] = trueBlobs('bushy')
    const refused = await askSocket(socket, `/v1/blobs/${blob?.oid}/${blob?.tid}/object`, { method: 'PUT' })
    assert.notEqual(refused.status, 200, refused.body.toString())
    agent.kill('SIGTERM')
    assert.equal((await once(agent, 'exit'))[0], 0)
  })
})
