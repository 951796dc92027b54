import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { until } from '../../sandbox/installation.ts'
import { askSocket } from '../flows/agent-setting.ts'
import { copyTree, scratch, trueBlobs } from '../flows/setting.ts'
import { environmentOf, installByNpm, packForNpm } from './packed.ts'

/** The package as npm publishes it, installed into an empty folder and used there by Node 22 and 24. */

const TYPESCRIPT = fileURLToPath(new URL('../../node_modules/typescript', import.meta.url))
const base = scratch({ after })
const folder = join(base, 'empty')
const run = (command: string, ...words: string[]) =>
  execFileSync(command, words, {
    cwd: folder,
    encoding: 'utf8',
    env: environmentOf(base),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 600_000,
  })

const PROGRAM = `
import { BlobMissing, openBlobs, parseRef, type Blobs, type Located, type Ref } from 'nice-blobs'

const ref: Ref = parseRef('00000000000004d2/03d167f919308700')
const blobs: Blobs = openBlobs({ config: 'nice-blobs.config.json' })
const located: Promise<Located> = blobs.locate(ref)
located.catch((error: unknown) => {
  if (error instanceof BlobMissing) console.log(error.code, error.hint)
})
// @ts-expect-error: the types are there and are checked
openBlobs({ config: 5 })
`

describe('the published package', () => {
  const tarball = packForNpm(base)
  installByNpm(base, tarball, 'node22@npm:node@22', 'node24@npm:node@24')

  const versions = ['22', '24'] as const
  const nodeOf = (version: string) => join(folder, `node_modules/node${version}/bin/node`)

  it('holds the build, the launcher, the schema and the licence, and no sources', () => {
    const files = execFileSync('tar', ['tzf', tarball], { encoding: 'utf8' }).trim().split('\n')
    assert.ok(
      files.includes('package/LICENSE') &&
        files.includes('package/config.schema.json') &&
        files.includes('package/bin/nice-blobs.js'),
    )
    const others = files.filter(
      file =>
        !/^package\/(dist\/.+(\.js|\.d\.ts)|bin\/nice-blobs\.js|[A-Z]+(\.md)?|(package|config\.schema)\.json)$/.test(
          file,
        ),
    )
    assert.deepEqual(others, [])
  })

  it('needs each package that it imports, and no other', () => {
    const installed = join(folder, 'node_modules/nice-blobs')
    const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
    const imported = globSync(join(installed, 'dist/**/*.js')).flatMap(file =>
      [
        ...readFileSync(file, 'utf8').matchAll(
          /^(?:import|export) .*from '([^.'][^']*)'|import\('([^.'][^']*)'\)/gm,
        ),
      ].map(([, whole, later]) => whole ?? later ?? ''),
    )
    const others = imported.filter(module => !module.startsWith('node:'))
    assert.deepEqual([...new Set(others)].sort(), Object.keys(dependencies).sort())
  })

  for (const version of versions) {
    it(`plans a real blob directory on Node ${version}`, () => {
      assert.match(run(nodeOf(version), '--version'), new RegExp(`^v${version}\\.`))
      const volume = copyTree('lawn', join(base, `blobs-${version}`))
      const launcher = join(folder, 'node_modules/nice-blobs/bin/nice-blobs.js')
      const report = JSON.parse(run(nodeOf(version), launcher, 'plan', volume, '--json'))
      assert.equal(report.total.blobs, trueBlobs('lawn').length)
      const page = join(base, `plan-${version}.html`)
      assert.match(run(nodeOf(version), launcher, 'plan', volume, '--html', page), /can leave/)
    })

    it(`opens a blob through the import on Node ${version}`, () => {
      const volume = copyTree('bushy', join(base, `volume-${version}`))
      const [blob] = trueBlobs('bushy')
      const config = {
        bucket: { name: 'some-bucket', region: 'us-east-1' },
        cache: { directory: join(base, 'cache') },
        databases: { main: { volumes: { blobs: volume } } },
      }
      writeFileSync(join(folder, 'nice-blobs.config.json'), JSON.stringify(config))
      const script = `
        import { openBlobs } from 'nice-blobs'
        const file = await openBlobs().open(${JSON.stringify({ oid: blob?.oid, tid: blob?.tid })})
        console.log((await file.readFile()).length)
        await file.close()`
      writeFileSync(join(folder, 'open.js'), script)
      assert.equal(run(nodeOf(version), 'open.js').trim(), String(blob?.size))
    })
  }

  for (const version of versions) {
    it(`looks after its volumes in a thread of its own on Node ${version}`, async test => {
      const volume = copyTree('lawn', join(base, `kept-${version}`))
      const socket = join(base, `run-${version}/agent.sock`)
      // Nobody answers there: the thread has begun when it says so.
      const nobody = 'http://127.0.0.1:1'
      const config = {
        bucket: { name: 'some-bucket', region: 'us-east-1', endpoint: nobody },
        index: { table: 'some-table', endpoint: nobody },
        cache: { directory: join(base, `kept-cache-${version}`) },
        agent: { socket, heartbeat: '100ms' },
        databases: { main: { volumes: { blobs: volume } } },
      }
      const file = join(base, `kept-${version}.json`)
      writeFileSync(file, JSON.stringify(config))
      const launcher = join(folder, 'node_modules/nice-blobs/bin/nice-blobs.js')
      const env = { ...process.env, AWS_ACCESS_KEY_ID: 'some', AWS_SECRET_ACCESS_KEY: 'some' }
      const agent = spawn(nodeOf(version), [launcher, 'agent', '--config', file], { env, stdio: 'ignore' })
      test.after(() => agent.kill('SIGKILL'))
      const trouble = async () => {
        const answer = await askSocket(socket, '/healthz').catch(() => undefined)
        return answer && JSON.parse(answer.body.toString()).volumes[0]?.trouble
      }
      await until('the keeper of the volume', async () => (await trouble()) === 'SERVER_UNREACHABLE')
    })
  }

  it('has types that a strict program compiles against', () => {
    writeFileSync(join(folder, 'program.ts'), PROGRAM)
    const compiler = join(TYPESCRIPT, 'bin/tsc')
    const words = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--noEmit', '--types', 'node']
    run('npm', 'install', '--no-audit', '--no-fund', '@types/node@22')
    run(process.execPath, compiler, ...words, 'program.ts')
  })
})
