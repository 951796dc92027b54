import assert from 'node:assert/strict'
import { mkdirSync, rmSync } from 'node:fs'
import { describe, it } from 'node:test'
import { formatRef } from '../../core/model/ref.ts'
import { hashTree, trueBlobs, trueTree } from '../flows/setting.ts'
import { install } from './command.ts'

const LEAST = 20_000
const [small, large] = [true, false].map(isSmall =>
  trueBlobs('bushy').filter(({ size }) => size < LEAST === isSmall),
)
const [young] = small ?? []

describe('a volume whose disk is lost', () => {
  it('is filled again by a recall, but for what was not archived yet', async test => {
    const { run, volume } = await install(test)
    assert.ok(young && large && large.length > 0)
    assert.equal((await run('archive', volume, '-s', String(LEAST), '-d', '--delay', '0s')).status, 0)
    rmSync(volume, { recursive: true })
    const unmounted = await run('get', formatRef(young), '--path')
    assert.match(unmounted.err, /DIRECTORY_UNREADABLE/, 'a disk may come back (I11)')

    mkdirSync(volume)
    const { status, err } = await run('recall', '--all')
    assert.equal(status, 0, err)
    const archived = large.map(({ path }) => path)
    const expected = Object.entries(trueTree('bushy')).filter(([path]) => archived.includes(path))
    assert.deepEqual(hashTree(volume), Object.fromEntries(expected))
    const lost = await run('get', formatRef(young), '--path')
    assert.match(lost.err, /BLOB_MISSING/)
  })
})
