import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { createDynamoIndex } from '../core/aws/dynamo-index.ts'
import { createDynamoReports } from '../core/aws/dynamo-reports.ts'
import type { Condemner } from '../core/condemn/condemner.ts'
import { workOff } from '../core/condemn.ts'
import { allShards, partitionKey } from '../core/model/blob-row.ts'
import type { ShardWork } from '../core/model/garbage-message.ts'
import { manifestKey, partKey, reportId } from '../core/model/key.ts'
import { formatManifest, type Manifest, PARTS, RECORD_BYTES } from '../core/model/live-report.ts'
import { DEFAULT_PRICES } from '../core/model/storage-cost.ts'
import type { StoredBlob } from '../core/ports.ts'
import { type Item, simulateTable } from './simulated-table.ts'

/**
 * What it takes to follow one live report over a large index: `npm run bench:condemn`, with `-- --rows 1000000` for a shorter one. One of
 * twenty blobs is garbage. The index pages and counts as DynamoDB does, without its network: the time is that of the function's
 * own work, shard after shard; deployed, two are worked off at once.
 */

const DATABASE = 'main'
const TABLE = 'bench-index'
const DEAD_OF = 20
const HORIZON = '03d167f919308700'
const REPORT = reportId(HORIZON, '0123456789abcdef')
/** Dollars per 1,000 read units, as docs/cost.md has it. */
const INDEX_READ = 0.000125

const { values } = parseArgs({ options: { rows: { type: 'string', default: '10000000' } } })
const perShard = Math.ceil(Number(values.rows) / PARTS)

const oidOf = (shard: number, nth: number) => (nth * PARTS + shard).toString(16).padStart(16, '0')
const isDead = (nth: number) => nth % DEAD_OF === 0

function* blobRows(shard: number): Generator<Item> {
  const common = {
    ...{
      pk: { S: partitionKey(DATABASE, shard) },
      formatVersion: { N: '1' },
      sha256: { S: 'ab'.repeat(32) },
    },
    ...{ contentType: { S: 'image/jpeg' }, versionId: { S: 'x'.repeat(32) }, state: { S: 'archived' } },
    ...{ archivedAt: { N: '1790000000000' }, size: { N: '2345678' } },
  }
  for (let nth = 0; nth < perShard; nth += 1) yield { ...common, sk: { S: oidOf(shard, nth) + HORIZON } }
}

function partOf(shard: number): Buffer {
  const part = Buffer.alloc(perShard * RECORD_BYTES)
  let end = 0
  for (let nth = 0; nth < perShard; nth += 1)
    if (!isDead(nth)) end += part.write(oidOf(shard, nth) + HORIZON, end, 'hex')
  return part.subarray(0, end)
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

function makeManifest(): Manifest {
  const facts = allShards().map(shard => {
    const part = partOf(shard)
    return { revisions: part.length / RECORD_BYTES, sha256: sha256(part) }
  })
  const revisions = facts.reduce((sum, fact) => sum + fact.revisions, 0)
  const names = { database: DATABASE, report: REPORT, generation: '1', horizon: HORIZON }
  return { formatVersion: 1, ...names, revisions, parts: facts }
}

/** Objects that are made anew whenever they are read. */
function simulateBucket(manifest: Manifest): Condemner['bucket'] {
  const text = Buffer.from(formatManifest(manifest))
  const contentOf = (key: string) => {
    if (key === manifestKey(DATABASE, REPORT)) return text
    const shard = allShards().find(each => partKey(DATABASE, REPORT, each) === key)
    return shard === undefined ? undefined : partOf(shard)
  }
  const describe = (content: Buffer): StoredBlob => ({
    ...{ size: content.length, sha256: sha256(content), contentType: 'application/octet-stream' },
    ...{ versionId: undefined, lastModified: 0, vouched: true },
  })
  async function* chunks(content: Buffer) {
    for (let start = 0; start < content.length; start += 65_536) yield content.subarray(start, start + 65_536)
  }
  return {
    async head(key) {
      const content = contentOf(key)
      return content && describe(content)
    },
    async get(key) {
      const content = contentOf(key)
      return content && { stored: describe(content), body: chunks(content) }
    },
  }
}

const blobPartitions = new Map(allShards().map(shard => [partitionKey(DATABASE, shard), shard]))
const { units, client } = simulateTable(TABLE, pk => {
  const shard = blobPartitions.get(pk)
  return shard === undefined ? undefined : blobRows(shard)
})
const works: ShardWork[] = []
const condemner: Condemner = {
  bucket: simulateBucket(makeManifest()),
  index: createDynamoIndex(TABLE, client),
  reports: createDynamoReports(TABLE, client),
  queue: { send: async more => void works.push(...more) },
  policy: {
    ...{ formatVersion: 1, grace: 0, largestShare: 0.2, sweptPerRun: 1 },
    databases: { [DATABASE]: { generation: '1' } },
  },
  scratch: tmpdir(),
  now: () => 1_790_000_000_000,
}

const look = () => ({
  began: performance.now(),
  computing: process.resourceUsage().userCPUTime / 1e6,
  ...units,
})

function tell(what: string, { began, computing, ...before }: ReturnType<typeof look>): void {
  const now = look()
  const seconds = (now.began - began) / 1000
  const [read, write] = [now.read - before.read, now.write - before.write]
  const dollars = (read * INDEX_READ + write * DEFAULT_PRICES.indexWrite) / 1000
  const each = `${(now.computing - computing).toFixed(1)} s of it computing`
  console.log(
    `${what}: ${seconds.toFixed(1)} s (${each}), ${read} read units, ${write} write units, ${dollars.toFixed(2)} dollars`,
  )
}

console.log(`a report of ${perShard * PARTS} blobs, one of ${DEAD_OF} of them dead`)
let row = await workOff(condemner, { what: 'manifest', database: DATABASE, report: REPORT })
for (const phase of ['count', 'condemn']) {
  const before = look()
  for (const work of works.splice(0)) row = await workOff(condemner, { what: 'shard', work })
  tell(phase, before)
}
if (row?.state !== 'done') throw new Error(`the report is ${row?.state}`)
const megabytes = process.resourceUsage().maxRSS / 1024
console.log(
  `${row.counts?.condemned} condemned, ${row.counts?.alive} alive, ${Math.round(megabytes)} MB at most`,
)
