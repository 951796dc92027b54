import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { EXIT } from '../../core/model/errors.ts'
import { formatRef } from '../../core/model/ref.ts'
import { until } from '../../sandbox/installation.ts'
import { askSocket } from '../flows/agent-setting.ts'
import { hashFile, hashTree, trueBlobs, trueTree } from '../flows/setting.ts'
import { install } from './command.ts'

const [first, second] = trueBlobs('bushy')
assert.ok(first && second)

describe('an index that is away', () => {
  it('keeps nobody from reading and recalling, and whoever archives waits for it (I10, I11)', async test => {
    const { base, configFile, run, spawn, volume } = await install(test)
    assert.equal((await run('archive', volume, '-d', '--delay', '0s')).status, 0)
    const config = JSON.parse(readFileSync(configFile, 'utf8'))
    config.index.endpoint = 'http://127.0.0.1:1'
    writeFileSync(configFile, JSON.stringify(config))

    const { status, out, err } = await run('get', formatRef(first), '--path')
    assert.deepEqual([status, hashFile(out.trim())], [0, first.sha256], err)
    assert.equal((await run('recall', '--all')).status, 0)
    assert.deepEqual(hashTree(volume), trueTree('bushy'))

    const refused = await run('archive', volume, '-d', '--delay', '0s')
    assert.equal(refused.status, EXIT.unavailable)
    assert.match(refused.err, /SERVER_UNREACHABLE/)
    assert.deepEqual(hashTree(volume), trueTree('bushy'))

    const agent = spawn('agent')
    test.after(() => agent.kill('SIGKILL'))
    const socket = join(base, 'run/agent.sock')
    await until('the agent', () => existsSync(socket))
    // As with archive-on-commit: the transaction votes against it.
    const target = `/v1/blobs/${second.oid}/${second.tid}/object`
    const answer = await askSocket(socket, target, { method: 'PUT' })
    assert.equal(answer.status, 503, answer.body.toString())
  })
})
