import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { until } from '../../sandbox/installation.ts'
import { hashFile, trueBlobs } from '../flows/setting.ts'
import { typedCommands } from '../structure/typed-commands.ts'
import { install } from './command.ts'

const typed = typedCommands('docs/agent.md').map(({ words }) => words)
const service = typed.find(words => words.startsWith('/usr/bin/npx '))
const questions = [...typedCommands('docs/agent.md'), ...typedCommands('README.md')].filter(({ words }) =>
  words.startsWith('curl '),
)
const skip = spawnSync('curl', ['--version']).status !== 0 && 'curl is not here'

describe('docs/agent.md and the README', () => {
  it('tell how the agent is begun as a service, and asked from a shell', { skip }, async test => {
    const { base, configFile, spawn } = await install(test)
    const words = service?.replace(/^.* nice-blobs /, '').replace('/etc/nice-blobs.json', configFile)
    const agent = spawn(...(words?.split(' ') ?? []))
    test.after(() => agent.kill('SIGKILL'))
    const socket = `${base}/run/agent.sock`
    await until('the agent', () => existsSync(socket))
    const [blob] = trueBlobs('bushy')
    assert.ok(blob)
    assert.equal(questions.length, 2)
    for (const { words } of questions) {
      const asked = words
        .replace('/run/nice-blobs/agent.sock', socket)
        .replace(/blobs\/[0-9a-f]+\/[0-9a-f]+/, `blobs/${blob.oid}/${blob.tid}`)
      const { stdout } = await promisify(execFile)('sh', ['-c', `${asked} --silent`])
      const { path, tier } = JSON.parse(stdout)
      assert.deepEqual([tier, hashFile(path)], ['volume', blob.sha256])
    }
    agent.kill('SIGTERM')
    assert.equal((await once(agent, 'exit'))[0], 0)
  })
})
