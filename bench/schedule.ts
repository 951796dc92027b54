import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { createDynamoFleet } from '../core/aws/dynamo-fleet.ts'
import { createDynamoClient } from '../core/aws/dynamo-index.ts'
import { inParallel } from '../core/in-parallel.ts'
import { DAY } from '../core/model/quantity.ts'
import type { SchedulePolicy } from '../core/model/schedule-policy.ts'
import { summaryEdges } from '../core/model/summary-edges.ts'
import type { LeaseRow, SummaryRow } from '../core/model/volume-row.ts'
import type { FleetIndex } from '../core/ports.ts'
import { runSchedule } from '../core/schedule-run.ts'
import { startStage } from './stage.ts'

/**
 * What one run of the schedule over a large fleet takes: `npm run bench:schedule`. The index is the sandbox's, on the same machine, so that
 * the time is an upper bound for its requests; the units are as DynamoDB counts them.
 */

const VOLUMES = 10_000
const HOUR = 3_600_000
const JOBS = 16
const DATABASE = 'main'
const TABLE = 'bench-index'
/** How many classes of a summary have something in them: a volume that has been written to for years. */
const CELLS = 120

const POLICY: SchedulePolicy = {
  ...{ formatVersion: 1, dryRun: false, every: HOUR, silentAfter: HOUR, leastFree: 0.1 },
  databases: {
    [DATABASE]: {
      archive: { minAge: 30 * DAY, minSize: 131_072, quiet: 900_000, allowEmpty: false },
      release: { delay: 7 * DAY, replicated: true },
      schedule: { bytesPerRun: 1e12, timeZone: 'UTC' },
    },
  },
}

interface Place {
  indexEndpoint: string
  region: string
}

function connect({ indexEndpoint, region }: Place): { client: DynamoDBClient; fleet: FleetIndex } {
  const client = createDynamoClient({ table: TABLE, endpoint: indexEndpoint }, { region })
  return { client, fleet: createDynamoFleet(TABLE, client) }
}

async function plant({ fleet }: ReturnType<typeof connect>, now: number): Promise<void> {
  const edges = summaryEdges(POLICY.databases[DATABASE]?.archive ?? { minAge: 0, minSize: 0 })
  const cells = Array.from({ length: CELLS }, (_, i): SummaryRow['waiting']['cells'][number] => {
    const size = i % edges.sizes.length
    return [Math.floor(i / edges.sizes.length), size, 100, 100 * (edges.sizes[size] ?? 0)]
  })
  const numbers = Array.from({ length: VOLUMES }, (_, number) => number)
  await inParallel(numbers, JOBS, async number => {
    const volume = `volume-${String(number).padStart(5, '0')}`
    const common = { formatVersion: 1, database: DATABASE, volume, term: 1 } as const
    const lease: LeaseRow = {
      ...common,
      revision: 1,
      holder: 'bench',
      host: volume,
      identity: volume,
      heartbeatAt: now,
      heartbeat: 60_000,
      workedAt: now,
    }
    const nothing = { blobs: 0, bytes: 0 }
    const summary: SummaryRow = {
      ...common,
      madeAt: now,
      waiting: { ...edges, cells },
      oldestWaiting: now - 400 * DAY,
      archived: nothing,
      left: nothing,
      disk: { size: 1e12, free: 5e11 },
      lately: { since: now - DAY, archived: nothing, released: nothing },
    }
    await fleet.writeLease(undefined, lease)
    await fleet.writeSummary(summary)
  })
}

/** Read and write units of all requests from now on. */
function countUnits(client: DynamoDBClient): { read: number; write: number } {
  const units = { read: 0, write: 0 }
  client.middlewareStack.add(
    (next, { commandName }) =>
      async given => {
        const input = { ...given.input, ReturnConsumedCapacity: 'TOTAL' as const }
        const result = await next({ ...given, input })
        const { ConsumedCapacity = [] } = result.output as { ConsumedCapacity?: unknown }
        const told = [ConsumedCapacity].flat() as { CapacityUnits?: number }[]
        const sum = told.reduce((total, { CapacityUnits = 0 }) => total + CapacityUnits, 0)
        units[commandName === PutItemCommand.name ? 'write' : 'read'] += sum
        return result
      },
    { step: 'initialize', name: 'countUnits' },
  )
  return units
}

async function run(place: Place): Promise<void> {
  const { client, fleet } = connect(place)
  const units = countUnits(client)
  const now = Date.now()
  const began = performance.now()
  const result = await runSchedule(fleet, POLICY, {
    run: now,
    dryRun: false,
    patience: 60_000,
    now: () => now,
  })
  const seconds = (performance.now() - began) / 1000
  const decisions = result.outcome === 'planned' ? result.decisions : []
  const orders = decisions.filter(({ order }) => order).length
  const { userCPUTime } = process.resourceUsage()
  const megabytes = process.resourceUsage().maxRSS / 1024
  process.send?.({ seconds, cpu: userCPUTime / 1e6, orders, megabytes, ...units })
}

const [place] = process.argv.slice(2)
if (place !== undefined) await run(JSON.parse(place))
else {
  const stage = await startStage()
  const connected = connect(stage)
  await plant(connected, Date.now())
  const { indexEndpoint, region } = stage
  console.log(`a run over ${VOLUMES} volumes, ${CELLS} classes each`)
  for (const times of ['first', 'second']) {
    const child = fork(fileURLToPath(import.meta.url), [JSON.stringify({ indexEndpoint, region })])
    const [figures] = await once(child, 'message')
    const { seconds, cpu, orders, megabytes, read, write } = figures
    console.log(
      `${times}: ${seconds.toFixed(1)} s (${cpu.toFixed(1)} s of it computing), ${orders} orders, ${Math.round(megabytes)} MB, ${read} read units, ${write} write units`,
    )
    await once(child, 'exit')
  }
  connected.client.destroy()
  stage.stop()
}
