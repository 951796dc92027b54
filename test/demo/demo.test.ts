import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { trueBlobs } from '../flows/setting.ts'

const DEMO = fileURLToPath(new URL('../../examples/demo/demo.ts', import.meta.url))

describe('the demo', () => {
  it('ends with every blob byte-identical, and a gallery whose links lead to the edge', {
    timeout: 900_000,
  }, async test => {
    const child = spawn(process.execPath, [DEMO, '--json', '--serve'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    test.after(() => child.kill('SIGKILL'))
    let told = ''
    for await (const [chunk] of on(child.stdout, 'data')) {
      told += chunk
      if (/^The gallery.*http:\S+/m.test(told)) break
    }
    const [story = '', , gallery = ''] = told.split('\n')
    const { steps } = JSON.parse(story)
    const count = trueBlobs('bushy').length
    const whole = steps.filter((step: object) => 'whole' in step)
    assert.equal(whole.length, 4)
    for (const step of whole) assert.deepEqual([step.whole, step.of], [count, count], step.title)
    const { before, after, old } = steps.at(-1)
    assert.notEqual(before, after)
    assert.deepEqual(old, [200, 403])

    const [url = ''] = /http:\S+/.exec(gallery) ?? []
    const answer = await fetch(url)
    const page = await answer.text()

    const sources = linksOf(page, 'src')
    const own = sources.filter(source => source.startsWith('/'))
    const signed = new Set([...sources, ...linksOf(page, 'href')].filter(link => link.startsWith('http:')))
    assert.equal(own.length, 1)
    assert.ok(sources.length > 10 && signed.size > 30)
    const statuses = await Promise.all([...signed].map(async link => (await fetch(link)).status))
    assert.deepEqual(Object.groupBy(statuses, String)[403]?.length, 5)
    assert.equal(Object.groupBy(statuses, String)[200]?.length, signed.size - 5)

    const young = await fetch(url + own[0]?.slice(1))
    assert.deepEqual([young.status, young.headers.get('x-tier')], [200, 'volume'])
    const [archived] = trueBlobs('bushy')
    for (const path of [`blobs/${archived?.oid}/${archived?.tid}`, 'blobs/../../etc/passwd'])
      assert.equal((await fetch(url + path)).status, 404)
    assert.match(answer.headers.get('content-security-policy') ?? '', /^default-src 'none'/)
    assert.doesNotMatch(page, /<script/)
    child.kill('SIGINT')
    const [status] = await once(child, 'exit')
    assert.equal(status, 0)
  })
})

function linksOf(page: string, attribute: 'src' | 'href'): string[] {
  const found = page.matchAll(new RegExp(`${attribute}="([^"]+)"`, 'g'))
  return [...found].map(([, link = '']) => link.replaceAll('&amp;', '&').replaceAll('&#39;', "'"))
}
