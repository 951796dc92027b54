import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EXIT } from '../../core/model/errors.ts'
import { hashTree, trueBlobs, trueTree } from '../flows/setting.ts'
import { install } from './command.ts'

describe('archive -d where the replica is waited for', () => {
  it('leaves what no replica has, and says so (I1)', async test => {
    const databases = { main: { archive: { quiet: '0s' }, release: { delay: '0s', replicated: true } } }
    const { run, volume } = await install(test, 'lawn', { databases })
    const { status, out, err } = await run('archive', volume, '-d')
    assert.match(out, new RegExp(`${trueBlobs('lawn').length} in no replica`), err)
    assert.equal(status, EXIT.left)
    assert.deepEqual(hashTree(volume), trueTree('lawn'))
  })
})
