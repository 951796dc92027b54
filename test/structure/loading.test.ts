import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const READER = new URL('../../client/index.ts', import.meta.url).href
const SIGNED_URLS = new URL('../../client/url/load-urls.ts', import.meta.url).href
const MAIN = new URL('../../client/cli/main.ts', import.meta.url).href

/** Which modules a process has loaded after importing one. */
function loadedBy(url: string): string[] {
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context) } })
    await import(${JSON.stringify(url)})
    console.log(JSON.stringify(loaded))`
  const words = ['--input-type=module', '--eval', script]
  return JSON.parse(
    execFileSync(process.execPath, words, {
      encoding: 'utf8',
      cwd: fileURLToPath(new URL('.', import.meta.url)),
    }),
  )
}

describe('loading', () => {
  it('the reader loads neither DynamoDB nor the command line', () => {
    const loaded = loadedBy(READER)
    assert.ok(loaded.some(url => url.includes('client-s3')))
    assert.deepEqual(
      loaded.filter(url => /dynamo|\/cli\/|commander/i.test(url)),
      [],
    )
  })

  it('the reader loads nothing of signed URLs before one is asked for', () => {
    assert.deepEqual(
      loadedBy(READER).filter(url => /signer|secret|content-disposition|file-type|load-urls/.test(url)),
      [],
    )
    const loaded = loadedBy(SIGNED_URLS)
    for (const part of ['cloudfront-signer', 'client-secrets-manager', 'content-disposition', 'file-type'])
      assert.ok(
        loaded.some(url => url.includes(part)),
        part,
      )
  })

  it('the command line loads no SDK before a command needs it', () => {
    const loaded = loadedBy(MAIN)
    assert.ok(loaded.some(url => url.includes('commander')))
    assert.deepEqual(
      loaded.filter(url => /@aws-sdk|@smithy/.test(url)),
      [],
    )
  })
})
