import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { PARTS } from '../../core/model/live-report.ts'
import { until } from '../../sandbox/installation.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'
import { askSocket } from '../flows/agent-setting.ts'
import { scratch } from '../flows/setting.ts'
import { environmentOf, installByNpm, installByPip, packForNpm, packForPython } from './packed.ts'

/** Both packages as they are published, installed into empty environments and used together: nothing of a clone's. */

const SITE = fileURLToPath(new URL('site.py', import.meta.url))
const EXAMPLE = new URL('../../examples/developer-copy/zope.conf.in', import.meta.url)
const base = scratch({ after })
const ran = promisify(execFile)

describe('the wheel and the tarball', () => {
  const { wheel, python } = packForPython(base)
  const program = installByPip(base, python, wheel)
  const launcher = join(installByNpm(base, packForNpm(base)), 'node_modules/nice-blobs/bin/nice-blobs.js')

  it('archive, release and read the blobs of a FileStorage together', { timeout: 120_000 }, async test => {
    const place = { bucket: 'some-bucket', table: 'some-table' }
    const sandbox = await startSandbox({ directory: join(base, 'sandbox'), ...place })
    const closing = [() => sandbox.close()]
    test.after(async () => {
      for (const close of closing) await close()
    })
    const site = join(base, 'site')
    const volume = join(site, 'blobstorage')
    const config = writeSite(site, sandbox)
    const { accessKeyId, secretAccessKey } = sandbox.credentials
    const env = {
      ...environmentOf(base),
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    }
    const options = { cwd: site, env, timeout: 60_000 }
    const work = async (what: string) =>
      JSON.parse((await ran(program, [SITE, 'zodb.conf', what], options)).stdout)
    const blobs = () => globSync('**/*.blob', { cwd: volume }).length

    await work('write')
    assert.equal(blobs(), 3)
    const agent = spawn(process.execPath, [launcher, 'agent', '--config', config], { env, stdio: 'ignore' })
    closing.unshift(async () => void agent.kill('SIGKILL'))
    const socket = join(site, 'run/agent.sock')
    await until('the agent', () => askSocket(socket, '/healthz').catch(() => undefined))

    const words = ['archive', volume, '-a', '0', '-s', '1', '-d', '--delay', '0s', '--config', config]
    await ran(process.execPath, [launcher, ...words], options)
    assert.equal(blobs(), 0)
    assert.equal(sandbox.s3.requestCount('GetObject'), 0)
    assert.equal(await work('read'), 3)
    assert.equal(sandbox.s3.requestCount('GetObject'), 3)
    const puts = sandbox.s3.requestCount('PutObject')
    await work('pack')
    assert.equal(sandbox.s3.requestCount('PutObject') - puts, PARTS + 1, 'a live report and its manifest')

    agent.kill('SIGTERM')
    assert.deepEqual(await once(agent, 'exit'), [0, null])
    assert.equal(await work('read'), 3, 'what is in the cache needs no agent')
  })
})

/** A database of one FileStorage and its host's configuration, whose file is answered. */
function writeSite(site: string, sandbox: Awaited<ReturnType<typeof startSandbox>>): string {
  mkdirSync(site)
  const config = join(site, 'nice-blobs.json')
  const { region, bucketEndpoint, indexEndpoint } = sandbox
  const settings = {
    bucket: { name: 'some-bucket', region, endpoint: bucketEndpoint, pathStyle: true },
    index: { table: 'some-table', endpoint: indexEndpoint },
    cache: { directory: join(site, 'cache') },
    agent: { socket: join(site, 'run/agent.sock') },
    databases: { main: { volumes: { blobs: join(site, 'blobstorage') }, archive: { quiet: '0s' } } },
  }
  writeFileSync(config, JSON.stringify(settings))
  writeFileSync(join(site, 'zodb.conf'), zodbConf(site))
  return config
}

/** What the example tells Zope, without what is Zope's alone. */
function zodbConf(site: string): string {
  return readFileSync(EXAMPLE, 'utf8')
    .replaceAll('/home/me/site', site)
    .replace('<zodb_db main>\n  mount-point /\n', '<zodb>\n')
    .replace('</zodb_db>', '</zodb>')
}
