import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb'
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import { itemKey } from '../../core/aws/dynamo-item.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { createS3Client } from '../../core/aws/s3-client.ts'
import type { BlobRow } from '../../core/model/blob-row.ts'
import { DIFFERENCE_CLASSES } from '../../core/model/difference.ts'
import { EXIT } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import { formatRef } from '../../core/model/ref.ts'
import type { TrueBlob } from '../../examples/demo/fixture.ts'
import { flipByte } from '../../sandbox/flip-byte.ts'
import { SANDBOX_CREDENTIALS } from '../../sandbox/s3/server.ts'
import { factsOf } from '../contract/bucket-contract.ts'
import { hashTree, trueBlobs, trueTree } from '../flows/setting.ts'
import { finish, install, type Ran } from './command.ts'

process.env.AWS_ACCESS_KEY_ID = SANDBOX_CREDENTIALS.accessKeyId
process.env.AWS_SECRET_ACCESS_KEY = SANDBOX_CREDENTIALS.secretAccessKey

const BLOBS = trueBlobs('bushy')
const COUNT = BLOBS.length
/** Only an inventory tells the other one. */
const TOLD = DIFFERENCE_CLASSES.filter(name => name !== 'forgotten')

/** The sandbox by other doors than the command's, and the harm that can be done through them. */
async function archived(test: TestContext) {
  const installation = await install(test)
  const { sandbox, run, volume } = installation
  assert.equal((await run('archive', volume)).status, 0)
  const config = {
    name: 'some-bucket',
    region: sandbox.region,
    endpoint: sandbox.bucketEndpoint,
    pathStyle: true,
  }
  const s3Config = { ...config, checksums: 'server' as const }
  const s3 = createS3Client(s3Config)
  const bucket = createS3Bucket(s3Config, s3)
  const dynamo = createDynamoClient({ table: 'some-table', endpoint: sandbox.indexEndpoint }, s3Config)
  const index = createDynamoIndex('some-table', dynamo)
  test.after(() => {
    s3.destroy()
    dynamo.destroy()
  })
  const at = (blob: TrueBlob) => ({ Bucket: 'some-bucket', Key: blobKey('main', blob) })
  const setRow = async (blob: TrueBlob, change: Partial<BlobRow>) => {
    const [row] = await index.find('main', [blob])
    assert.ok(row && (await index.replace(row, { ...row, ...change })))
  }
  const mark = (blob: TrueBlob) => s3.send(new DeleteObjectCommand(at(blob)))
  const putAnother = async (blob: TrueBlob, content: Buffer) => {
    await mark(blob)
    await bucket.put(blobKey('main', blob), factsOf(content), { open: () => content })
  }
  const harm = {
    lose: mark,
    loseRow: (blob: TrueBlob) =>
      dynamo.send(new DeleteItemCommand({ TableName: 'some-table', Key: itemKey('main', blob) })),
    lengthen: (blob: TrueBlob) => putAnother(blob, Buffer.alloc(blob.size + 1, 'other')),
    alter: (blob: TrueBlob) => putAnother(blob, Buffer.alloc(blob.size, 'other')),
    damage: (blob: TrueBlob) =>
      flipByte(sandbox.s3.objectFile('some-bucket', blobKey('main', blob)) ?? '', 9),
    forgetSwept: (blob: TrueBlob) => setRow(blob, { state: 'swept' }),
    beginSweep: (blob: TrueBlob) => setRow(blob, { state: 'sweeping' }),
    reversion: (blob: TrueBlob) => setRow(blob, { versionId: 'an-older-one' }),
    putForeign: (Key: string) =>
      s3.send(new PutObjectCommand({ Bucket: 'some-bucket', Key, Body: 'not ours' })),
    dropTable: async () => {
      for (const blob of BLOBS) await harm.loseRow(blob)
    },
  }
  const rows = async () => {
    const listed: BlobRow[] = []
    for await (const row of index.list('main')) listed.push(row)
    return listed
  }
  return { ...installation, harm, rows }
}

/** `lost 00000000000004d2/03d167f919308700`, from the lines of JSON. */
const toldBy = ({ events }: Ran) =>
  events
    .filter(({ event }) => event === 'difference')
    .map(told => `${told.class} ${told.subject}`)
    .sort()

describe('check', () => {
  it('finds and tells every class, and repairs what may be repaired', async test => {
    const { run, harm, volume, sandbox } = await archived(test)
    const [lost, hopeless, longer, other, damaged, unindexed, foreign, returned, sweeping, reversioned] =
      BLOBS
    assert.ok(lost && hopeless && longer && other && damaged && unindexed && foreign && returned)
    assert.ok(sweeping && reversioned)
    const agreed = await run('check', '--deep')
    assert.match(agreed.out, new RegExp(`^${COUNT} agreeing \\(2.6 MB\\)\n$`))
    assert.equal(agreed.status, 0, agreed.err)
    await harm.lose(lost)
    await harm.lose(hopeless)
    rmSync(join(volume, hopeless.path))
    await harm.lengthen(longer)
    await harm.alter(other)
    harm.damage(damaged)
    await harm.loseRow(unindexed)
    await harm.loseRow(foreign)
    await harm.lose(foreign)
    await harm.putForeign(blobKey('main', foreign))
    await harm.putForeign('blobs/main/notes.txt')
    await harm.forgetSwept(returned)
    await harm.beginSweep(sweeping)
    await harm.reversion(reversioned)

    const listed = [
      `altered ${formatRef(longer)}`,
      'foreign blobs/main/notes.txt',
      `foreign ${formatRef(foreign)}`,
      `lost ${formatRef(lost)}`,
      `lost ${formatRef(hopeless)}`,
      `returned ${formatRef(returned)}`,
      `sweeping ${formatRef(sweeping)}`,
      `unindexed ${formatRef(unindexed)}`,
    ].sort()
    const read = [
      `altered ${formatRef(other)}`,
      `damaged ${formatRef(damaged)}`,
      `reversioned ${formatRef(reversioned)}`,
    ]
    const puts = sandbox.s3.requestCount('PutObject')
    assert.deepEqual(toldBy(await run('check', '--json')), listed)
    const deep = await run('check', '--deep', '--json')
    assert.deepEqual(toldBy(deep), [...listed, ...read].sort())
    assert.equal(deep.status, EXIT.integrity)
    const { event, outcomes } = deep.events.at(-1) as {
      event: string
      outcomes: Record<string, { blobs: number }>
    }
    assert.equal(event, 'done')
    assert.deepEqual([outcomes.lost?.blobs, outcomes.agreeing?.blobs], [2, COUNT - 10])

    const text = await run('check', '--deep')
    for (const name of TOLD) assert.match(text.out, new RegExp(`^${name} .+: .+$`, 'm'))
    assert.equal(text.out.match(/^ {2}hint: .+$/gm)?.length, TOLD.length)
    assert.equal(sandbox.s3.requestCount('PutObject'), puts, 'nothing was written')

    const classes = ['lost', 'returned', 'reversioned', 'unindexed']
    const repaired = await run('check', '--deep', '--json', '--repair', ...classes)
    const left = [...listed, ...read].filter(line => !classes.some(name => line.startsWith(name)))
    assert.deepEqual(toldBy(repaired), [...left, `lost ${formatRef(hopeless)}`].sort())
    assert.deepEqual(toldBy(await run('check', '--deep', '--json')), toldBy(repaired))
    const whole = { ...trueTree('bushy') }
    delete whole[hopeless.path]
    assert.deepEqual(hashTree(volume), whole)
  })

  it('has status 1 for what is harmless, 4 for what is lost, and 0 once it is repaired', async test => {
    const { run, harm } = await archived(test)
    const [one, two] = BLOBS
    assert.ok(one && two)
    await harm.loseRow(one)
    assert.equal((await run('check')).status, EXIT.left)
    await harm.lose(two)
    assert.equal((await run('check', '--repair', 'unindexed')).status, EXIT.integrity)
    const { status, out } = await run('check', '--repair', 'lost')
    assert.equal(status, 0)
    assert.match(out, /1 repaired lost/)
  })

  it('makes the identical index out of the bucket after a kill in the middle (I8, I10)', async test => {
    const { run, spawn, harm, rows } = await archived(test)
    const before = await rows()
    assert.equal(before.length, COUNT)
    await harm.dropTable()
    const child = spawn('check', '--rebuild', '--json', '--jobs', '1')
    let told = 0
    child.stdout?.on('data', chunk => {
      told += String(chunk).split('"indexed"').length - 1
      if (told >= 3 && !child.killed) child.kill('SIGKILL')
    })
    await finish(child)
    const left = COUNT - (await rows()).length
    assert.ok(left > 0 && left < COUNT, 'it was ended in the middle')
    const { status, out, err } = await run('check', '--rebuild')
    assert.equal(status, 0, err)
    assert.match(out, new RegExp(`\\b${left} indexed`))
    assert.deepEqual(await rows(), before)
  })

  it('ends at Ctrl-C and tells what it saw until then', async test => {
    const { spawn } = await archived(test)
    const child = spawn('check', '--deep', '--json', '--jobs', '1')
    child.stdout?.once('data', () => child.kill('SIGINT'))
    const { status, events } = await finish(child)
    assert.equal(status, EXIT.interrupted)
    const done = events.at(-1) as Record<string, unknown>
    assert.deepEqual([done.event, done.interrupted], ['done', true])
  })

  it('refuses to repair what only a person can judge', async test => {
    const { run } = await install(test)
    const { status, err } = await run('check', '--repair', 'lost', 'damaged')
    assert.equal(status, EXIT.input)
    assert.match(err, /Allowed choices are lost, returned, reversioned, unindexed/)
    assert.equal((await run('check', '--rebuild', '--deep')).status, EXIT.input)
  })

  it('tells of an outage, and of no difference (I11)', async test => {
    const { run, sandbox } = await archived(test)
    await sandbox.s3.close()
    const { status, out } = await run('check')
    assert.equal(status, EXIT.unavailable)
    assert.equal(out, '', 'nobody knows whether there was something to do')
  })
})
