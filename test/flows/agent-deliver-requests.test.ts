import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatRef } from '../../core/model/ref.ts'
import { withAgent } from './agent-setting.ts'
import { plantBlob, refNumber } from './setting.ts'

const ref = refNumber(1)
const BLOB = `/v1/blobs/${formatRef(ref)}`

describe('whoever asks the agent to deliver', () => {
  it('gets a blob under the longest of names, whatever they are written in', async test => {
    const { volume, ask } = await withAgent(test)
    plantBlob(volume, ref, 'the blob')
    for (const letter of ['x', 'ü', '字', '🙂']) {
      const name = encodeURIComponent(letter.repeat(1_024 / letter.length))
      for (const what of ['deliver', 'url'])
        assert.equal((await ask(`${BLOB}/${what}?filename=${name}`)).status, 200, `${what} ${letter}`)
    }
  })

  it('wrongly learns the code alone, since it goes on to a browser', async test => {
    const { ask } = await withAgent(test)
    for (const [target, code = 'REQUEST_INVALID', method = 'GET'] of [
      [`${BLOB}/deliver?secret=secret`],
      [`${BLOB}/deliver?filename=a&filename=secret`],
      [`${BLOB}/deliver/secret`],
      [`${BLOB}/deliver`, undefined, 'POST'],
      ['/v1/blobs/secret/secret/deliver', 'REF_INVALID'],
      ['/secret/deliver?x'],
    ] as const) {
      const { status, headers, body } = await ask(target, { method })
      assert.deepEqual([status, JSON.parse(body.toString())], [400, { error: { code } }], target)
      assert.equal(headers['cache-control'], 'no-store')
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.match(String(headers['content-security-policy']), /sandbox/)
    }
  })
})
