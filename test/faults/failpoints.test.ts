import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs, { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import fsPromises, { open, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { planVolume } from '../../core/archive-run.ts'
import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { moveAside } from '../../core/volume/aside.ts'
import { withSource } from '../../core/volume/source.ts'
import { syncDirectory } from '../../core/volume/sync-directory.ts'
import { SANDBOX_CREDENTIALS, SANDBOX_REGION, startS3 } from '../../sandbox/s3/server.ts'
import { factsOf } from '../contract/bucket-contract.ts'
import { openFilesBelow } from '../flows/open-files.ts'
import { EVERYTHING, plantBlob, plantVolume, refNumber, scratch } from '../flows/setting.ts'
import { filesBelow } from './audit.ts'
import { interposed } from './failpoints/disk.ts'
import { arm, disarm, parseFault } from './failpoints/fault.ts'
import './failpoints/register.ts'
import { createMemoryBucket } from '../memory/memory-bucket.ts'

process.env.AWS_ACCESS_KEY_ID = SANDBOX_CREDENTIALS.accessKeyId
process.env.AWS_SECRET_ACCESS_KEY = SANDBOX_CREDENTIALS.secretAccessKey

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Arms a fault for one piece of work; answers the failpoint it was reached at, too. */
async function under<T>(
  fault: string,
  work: () => Promise<T>,
): Promise<{ failpoint: string | undefined; error: unknown }> {
  arm(parseFault(fault))
  const error = await work().then(
    () => undefined,
    (error: unknown) => error,
  )
  return { failpoint: disarm(), error }
}

function onePlanted(test: TestContext) {
  const volume = plantVolume(join(scratch(test), 'blobs'))
  const ref = refNumber(1)
  return { volume, ref, path: plantBlob(volume, ref, 'the blob') }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code

describe('a failpoint', () => {
  it('before a call keeps it from happening', async test => {
    const { volume, ref, path } = onePlanted(test)
    const { failpoint, error } = await under('aside.rename:before:error=EROFS', () => moveAside(volume, ref))
    assert.equal(failpoint, 'aside.rename:before')
    assert.match(String(error), /EROFS: read-only file system, rename/)
    assert.ok(existsSync(path))
  })

  it('after a call loses its answer only', async test => {
    const { volume, ref, path } = onePlanted(test)
    const { error } = await under('aside.rename:after:error=EIO', () => moveAside(volume, ref))
    assert.match(String(error), /EIO: i\/o error, rename/)
    assert.ok(!existsSync(path))
  })

  it('at O_NOATIME, as of a file of somebody else, costs only the flag', async test => {
    const { path } = onePlanted(test)
    const readIt = () => withSource(path, async ({ facts }) => assert.equal(facts.size, 8))
    const { failpoint, error } = await under('source.open:before:error=EPERM', readIt)
    assert.deepEqual([failpoint, error], ['source.open:before', undefined])
    const denied = await under('source.open:before:error=EACCES', readIt)
    assert.equal(codeOf(denied.error), 'SOURCE_UNREADABLE')
  })

  it('makes the errors that Node makes', async test => {
    const directory = scratch(test)
    const { error } = await under('sync-directory.open:before:error=EMFILE', () => syncDirectory(directory))
    const real = await open(join(directory, 'missing')).catch((error: unknown) => error)
    assert.deepEqual(Object.keys(error as object), Object.keys(real as object))
    assert.deepEqual([codeOf(error), (error as NodeJS.ErrnoException).path], ['EMFILE', directory])
  })

  it('is counted: the second call of the name fails, the first and the third do not', async test => {
    const directory = scratch(test)
    arm(parseFault('sync-directory.sync:before:error=EIO:2'))
    const ends = []
    for (let i = 0; i < 3; i += 1) ends.push(await syncDirectory(directory).then(() => 'synced', codeOf))
    disarm()
    assert.deepEqual(ends, ['synced', 'EIO', 'synced'])
  })

  it('delays a call, which then happens', async test => {
    const start = performance.now()
    const { error } = await under('sync-directory.sync:before:delay=60', () => syncDirectory(scratch(test)))
    assert.equal(error, undefined)
    assert.ok(performance.now() - start > 50)
  })

  it('leaves no descriptor behind that the real call would not leave', async test => {
    const directory = scratch(test)
    for (const fault of ['open:after', 'close:before', 'close:after', 'sync:before']) {
      const { error } = await under(`sync-directory.${fault}:error=EIO`, () => syncDirectory(directory))
      assert.equal(codeOf(error), 'EIO', fault)
      assert.deepEqual(openFilesBelow(directory), [], fault)
    }
  })

  it('is passed in the threads of a scan too', async test => {
    const { volume } = onePlanted(test)
    // From so many on a scan has threads.
    for (let number = 2; number <= 256; number += 1) plantBlob(volume, refNumber(number), 'x')
    let strangers: unknown[] = []
    const plan = async () => {
      strangers = (await planVolume(volume, EVERYTHING, Date.now())).strangers
    }
    assert.equal((await under('walk.lstatSync:before:error=EIO', plan)).failpoint, 'walk.lstatSync:before')
    assert.equal(strangers.length, 1)
  })

  it('is passed by Node’s own reads of a stream that a module made of a handle', async test => {
    const { volume, ref } = onePlanted(test)
    const directory = scratch(test)
    const { createBlobs } = await import('../../client/read/blobs.ts')
    const { createCache } = await import('../../client/read/cache/cache.ts')
    const cache = createCache({ directory, limit: 1 }, 'some-bucket', 'main')
    const blobs = createBlobs({ database: 'main', volumes: [volume], cache, bucket: createMemoryBucket() })
    const stream = async () => {
      for await (const _ of await blobs.stream(ref));
    }
    const { failpoint, error } = await under('blobs.streamed-read:before:error=EIO', stream)
    assert.deepEqual([failpoint, codeOf(error)], ['blobs.streamed-read:before', 'DISK_UNREADABLE'])
    assert.deepEqual(openFilesBelow(volume.directory), [])
  })

  it('is not passed by calls of others', async test => {
    const path = join(scratch(test), 'file')
    for (const side of ['before', 'after'] as const) {
      arm({ side, action: { kind: 'error', code: 'EIO' }, nth: 1 })
      writeFileSync(path, 'text')
      assert.equal(readFileSync(path, 'utf8'), 'text')
      assert.equal(await readFile(path, 'utf8'), 'text')
      const file = await open(path)
      await file.stat()
      for await (const _ of file.createReadStream());
      assert.equal(disarm(), undefined)
    }
  })
})

describe('a failpoint of a server', () => {
  const config = (endpoint: string) => ({
    ...{ name: 'some-bucket', region: SANDBOX_REGION, endpoint },
    ...{ pathStyle: true, checksums: 'server' as const },
  })
  const content = Buffer.from('the blob')

  it('keeps a request from being sent, or loses its answer', async test => {
    const s3 = await startS3({ directory: scratch(test), buckets: ['some-bucket'] })
    test.after(() => s3.close())
    const bucket = createS3Bucket(config(s3.endpoint))
    const put = () => bucket.put('blobs/main/1/2', factsOf(content), { open: () => content })
    const before = await under('s3-put.PutObject:before:error=ECONNRESET', put)
    assert.deepEqual(
      [before.failpoint, codeOf(before.error)],
      ['s3-put.PutObject:before', 'SERVER_UNREACHABLE'],
    )
    assert.equal(s3.requestCount(), 0)
    const after = await under('s3-put.PutObject:after:error=500', put)
    assert.equal(codeOf(after.error), 'SERVER_BUSY')
    assert.equal((await put()).outcome, 'present')
  })

  it('has the name of whoever sends, the SDK’s upload in parts included', async test => {
    const s3 = await startS3({ directory: scratch(test), buckets: ['some-bucket'] })
    test.after(() => s3.close())
    const bucket = createS3Bucket(config(s3.endpoint))
    const large = Buffer.alloc(64 * 2 ** 20)
    const put = () => bucket.put('blobs/main/1/2', factsOf(large), { open: () => large })
    const { failpoint } = await under('s3-put.UploadPart:after:error=500', put)
    assert.equal(failpoint, 's3-put.UploadPart:after')
    const index = { table: 'some-table', endpoint: s3.endpoint }
    const find = () =>
      createDynamoIndex('some-table', createDynamoClient(index, config(s3.endpoint))).find('main', [
        refNumber(1),
      ])
    assert.equal(
      codeOf((await under('dynamo-table.BatchGetItem:before:error=500', find)).error),
      'SERVER_BUSY',
    )
  })
})

describe('BLOBS_FAILPOINT', () => {
  it('kills a process before or after the call', test => {
    for (const [side, isThere] of [
      ['before', true],
      ['after', false],
    ] as const) {
      const directory = scratch(test)
      mkdirSync(join(directory, 'leaf'))
      const program = `
        const { removeEmptyLeaf } = await import(${JSON.stringify(join(ROOT, 'core/release.ts'))})
        await removeEmptyLeaf({ directory: ${JSON.stringify(directory)} }, 'leaf')
        console.log('not killed')`
      const child = runWith(ROOT, { BLOBS_FAILPOINT: `release.rmdir:${side}:kill` }, '--eval', program)
      assert.deepEqual([child.signal, child.stdout], ['SIGKILL', ''], child.stderr)
      assert.equal(existsSync(join(directory, 'leaf')), isThere)
    }
  })

  it('names what it cannot be', () => {
    for (const wrong of [
      'release.unlink',
      'release.unlink:kill',
      'release.unlink:before:explode',
      ':before:kill',
    ])
      assert.throws(() => parseFault(wrong), /BLOBS_FAILPOINT is no/)
    assert.deepEqual(parseFault('s3-put.PutObject:after:delay=20:3'), {
      name: 's3-put.PutObject',
      side: 'after',
      action: { kind: 'delay', ms: 20 },
      nth: 3,
    })
  })

  it('reaches the calls to SQLite of a ledger below client/', test => {
    const base = scratch(test)
    cpSync(join(ROOT, 'test/faults/failpoints'), join(base, 'test/faults/failpoints'), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(base, 'node_modules'))
    const ledger = join(base, 'client/read/cache/ledger.ts')
    mkdirSync(dirname(ledger), { recursive: true })
    writeFileSync(join(base, 'package.json'), '{ "type": "module" }')
    writeFileSync(
      ledger,
      `import { DatabaseSync } from 'node:sqlite'
      const ledger = new DatabaseSync(':memory:')
      ledger.exec('CREATE TABLE files (path TEXT)')
      try { ledger.prepare('INSERT INTO files VALUES (?)').run('one') } catch (error) { console.log(error.code, error.errcode) }
      console.log(ledger.prepare('SELECT count(*) AS rows FROM files').get().rows)`,
    )
    const list = join(base, 'list')
    const recorded = runWith(base, { BLOBS_FAILPOINT_RECORD: list }, ledger)
    assert.equal(recorded.stdout, '1\n', recorded.stderr)
    const names = readFileSync(list, 'utf8').trim().split('\n')
    const calls = ['exec', 'prepare', 'run', 'get'].flatMap(call => [
      `ledger.${call}:before`,
      `ledger.${call}:after`,
    ])
    assert.deepEqual(names.sort(), calls.sort())
    const refused = runWith(base, { BLOBS_FAILPOINT: 'ledger.run:before:error=ENOSPC' }, ledger)
    assert.equal(refused.stdout, 'ERR_SQLITE_ERROR 13\n0\n', refused.stderr)
  })
})

describe('the failpoints', () => {
  const sources = ['core', 'client'].flatMap(folder =>
    fs.globSync(`${folder}/**/*.ts`, { cwd: ROOT, exclude: path => /node_modules|dist$/.test(path) }),
  )
  const named = /import (type )?\{([^}]+)\} from 'node:(fs|fs\/promises|sqlite|child_process)'/g

  it('cover every function of Node with which core/ and client/ reach the disk', () => {
    const missing = sources.flatMap(source => {
      const imports = readFileSync(join(ROOT, source), 'utf8').matchAll(named)
      return [...imports].flatMap(([, type, names = '', from]) => {
        const module = (from === 'fs' ? fs : from === 'fs/promises' ? fsPromises : {}) as Record<
          string,
          unknown
        >
        const values = type
          ? []
          : names
              .split(',')
              .map(name => name.trim())
              .filter(name => name && !/^type /.test(name))
        return values
          .filter(name => !isCovered(module[name], name))
          .map(name => `${source}: ${name} of node:${from}`)
      })
    })
    assert.ok(sources.length > 50)
    assert.deepEqual(missing, [])
  })

  it('see every import: none is of a whole module', () => {
    const whole = /from 'node:(fs|fs\/promises|sqlite)'/g
    for (const source of sources) {
      const text = readFileSync(join(ROOT, source), 'utf8')
      assert.equal([...text.matchAll(whole)].length, [...text.matchAll(named)].length, source)
    }
  })

  it('are in nothing that is published', test => {
    const out = join(scratch(test), 'dist')
    const build = ['-p', join(ROOT, 'client/tsconfig.build.json'), '--outDir', out]
    const built = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), build, { encoding: 'utf8' })
    assert.equal(built.status, 0, built.stdout)
    const published = [out, join(ROOT, 'client/bin')].flatMap(directory =>
      filesBelow(directory).map(file => join(directory, file)),
    )
    assert.ok(published.length > 50)
    assert.deepEqual(
      published.filter(file => /failpoint/i.test(file + readFileSync(file, 'utf8'))),
      [],
    )
  })

  /** What is no call, such as `constants`, needs no failpoint; statements of SQLite have theirs by their prototypes. */
  function isCovered(value: unknown, name: string): boolean {
    if (typeof value === 'function') return interposed.has(value)
    return value !== undefined || name === 'DatabaseSync' || name === 'StatementSync'
  }
})

/** Node with the failpoints of the repository, or a copy of it, at `root`. */
function runWith(root: string, environment: Record<string, string>, ...words: string[]) {
  return spawnSync(
    process.execPath,
    ['--import', join(root, 'test/faults/failpoints/register.ts'), ...words],
    {
      env: { PATH: process.env.PATH, ...environment },
      encoding: 'utf8',
    },
  )
}
