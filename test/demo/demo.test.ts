import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { trueBlobs } from '../flows/setting.ts'

const DEMO = fileURLToPath(new URL('../../examples/demo/demo.ts', import.meta.url))

describe('the demo', () => {
  it('ends with every blob byte-identical, and says so with its figures', () => {
    const { steps } = JSON.parse(execFileSync(process.execPath, [DEMO, '--json'], { encoding: 'utf8' }))
    const count = trueBlobs('bushy').length
    assert.deepEqual([steps.at(-1).whole, steps.at(-1).of], [count, count])
  })

  it('serves a gallery from the tiers', async test => {
    const child = spawn(process.execPath, [DEMO, '--serve'], { stdio: ['ignore', 'pipe', 'inherit'] })
    test.after(() => child.kill('SIGKILL'))
    let told = ''
    for await (const [chunk] of on(child.stdout, 'data')) {
      told += chunk
      if (/http:\S+/.test(told)) break
    }
    const [url = ''] = /http:\S+/.exec(told) ?? []
    const page = await (await fetch(url)).text()
    const photograph = trueBlobs('bushy')
      .slice(5)
      .find(({ contentType }) => contentType === 'image/jpeg')
    assert.ok(photograph)
    const path = `blobs/${photograph.oid}/${photograph.tid}`
    assert.ok(page.includes(`src="/${path}"`))
    for (const tier of ['bucket', 'cache']) {
      const answer = await fetch(url + path)
      assert.equal(answer.headers.get('x-tier'), tier)
      assert.equal((await answer.arrayBuffer()).byteLength, photograph.size)
    }
    assert.equal((await fetch(`${url}blobs/../../etc/passwd`)).status, 404)
    child.kill('SIGINT')
    const [status] = await once(child, 'exit')
    assert.equal(status, 0)
  })
})
