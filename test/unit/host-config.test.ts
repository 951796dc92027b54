import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { clientConfig } from '../../core/model/client-config.ts'
import type { NiceBlobsError } from '../../core/model/errors.ts'
import { hostConfig, readSharedConfig } from '../../core/model/host-config.ts'
import { parseConfig } from '../../core/model/parse-config.ts'
import { parseDuration, writeDuration } from '../../core/model/quantity.ts'

const DEPLOYED = parseConfig(
  JSON.stringify({
    bucket: { name: 'some-bucket', region: 'eu-central-1' },
    index: { table: 'some-table' },
    databases: {
      main: { generation: '2026-11', archive: { minAge: '36h', minSize: '1MiB' }, release: { delay: '90m' } },
      other: {},
    },
    stack: {},
  }),
  {},
  'deployed',
)
const VALUE = JSON.stringify(clientConfig(DEPLOYED))
const byDeploy = JSON.stringify({ blobs: { ClientConfiguration: VALUE, Roles: '{}' }, 'blobs-replica': {} })
const byDescribe = JSON.stringify({
  Stacks: [
    {
      StackName: 'blobs',
      Outputs: [{ OutputKey: 'ClientConfiguration', OutputValue: VALUE, Description: 'x' }],
    },
    { StackName: 'without' },
  ],
})
const HOST = { cache: '/var/cache/nice-blobs', databases: [], volumes: [] }

function fault(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    assert.equal((error as NiceBlobsError).code, 'CONFIG_INVALID')
    return (error as NiceBlobsError).message
  }
  throw new Error('accepted')
}

describe('a host’s configuration', () => {
  it('says of bucket, index and databases what was deployed, whichever way the outputs came', () => {
    const texts = [byDeploy, byDescribe].map(text =>
      hostConfig(readSharedConfig(text, 'outputs'), HOST, 'outputs'),
    )
    assert.equal(texts[0], texts[1])
    const { bucket, index, databases, cache } = parseConfig(texts[0] ?? '', {}, 'host')
    assert.deepEqual({ bucket, index, databases }, { ...pick(DEPLOYED) })
    assert.equal(cache?.directory, '/var/cache/nice-blobs')
  })

  it('has the host’s databases and volumes only', () => {
    const volumes = [{ database: 'other', name: 'blobs', directory: '/srv/blobs' }]
    const text = hostConfig(
      readSharedConfig(byDeploy, 'outputs'),
      { ...HOST, databases: ['other'], volumes },
      'outputs',
    )
    const { databases } = parseConfig(text, {}, 'host')
    assert.deepEqual(Object.keys(databases), ['other'])
    assert.deepEqual(databases.other?.volumes, { blobs: '/srv/blobs' })
  })

  it('is not written for a database or a volume of one that is not there', () => {
    const common = readSharedConfig(byDeploy, 'outputs')
    const volumes = [{ database: 'main', name: 'blobs', directory: '/srv/blobs' }]
    assert.match(
      fault(() => hostConfig(common, { ...HOST, databases: ['mian'] }, 'outputs')),
      /no database "mian"/,
    )
    const chosen = { ...HOST, databases: ['other'], volumes }
    assert.match(
      fault(() => hostConfig(common, chosen, 'outputs')),
      /no database "main"/,
    )
  })

  it('asks which stack where several have one, and refuses what are no outputs', () => {
    const two = JSON.stringify({ a: { ClientConfiguration: VALUE }, b: { ClientConfiguration: VALUE } })
    assert.match(
      fault(() => readSharedConfig(two, 'outputs')),
      /several stacks: name one of a, b/,
    )
    assert.deepEqual(readSharedConfig(two, 'outputs', 'b'), JSON.parse(VALUE))
    assert.match(
      fault(() => readSharedConfig(two, 'outputs', 'c')),
      /no stack "c"/,
    )
    for (const text of ['', '{', '[]', '{"a":{}}', '{"a":1}', '{"a":{"ClientConfiguration":"{}"}}'])
      fault(() => readSharedConfig(text, 'outputs'))
  })

  it('never throws anything but its own error, whatever the outputs', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), text => {
        fault(() => hostConfig(readSharedConfig(text, 'outputs'), HOST, 'outputs'))
      }),
    )
  })
})

describe('a written duration', () => {
  it('is read again as it was', () => {
    fc.assert(fc.property(fc.nat(), amount => assert.equal(parseDuration(writeDuration(amount)), amount)))
    assert.equal(writeDuration(30 * 86_400_000), '30d')
    assert.equal(writeDuration(90 * 60_000), '90m')
  })
})

function pick({ bucket, index, databases }: typeof DEPLOYED) {
  return { bucket, index, databases }
}
