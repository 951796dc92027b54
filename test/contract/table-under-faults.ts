import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { startIndexTable } from '../../sandbox/index-table.ts'
import {
  type Call,
  clientSettings,
  FAULTS_BESIDE_S3,
  holdUnder,
  noFaults,
  PATIENCE,
  type Spoiling,
  startSpoiling,
  timeOutFor,
  titleOf,
} from './through-faults.ts'

/** An adapter of the table, and the way to it that can be spoiled. */
export interface TableAdapter<Port> {
  /** Past the proxy: what is really there. */
  readonly truth: Port
  readonly spoiling: Spoiling
  through(timeOut?: number, maxAttempts?: number): Port
}

export async function openTableAdapter<Port>(
  create: (tableName: string, client: DynamoDBClient) => Port,
): Promise<TableAdapter<Port>> {
  const table = await startIndexTable({ tableName: 'index' })
  const spoiling = await startSpoiling(table.endpoint)
  after(() => table.close())
  const at = (endpoint: string, timeOut = PATIENCE, maxAttempts = 1) =>
    create('index', new DynamoDBClient({ ...clientSettings(endpoint, timeOut), maxAttempts }))
  return {
    truth: at(table.endpoint),
    spoiling,
    through: (timeOut, maxAttempts) => at(spoiling.endpoint, timeOut, maxAttempts),
  }
}

/** `writes`: each kind of write, of a row that nobody wrote before; it asserts what is there then. */
export function describeUnderFaults<Port>(
  title: string,
  { spoiling, through }: TableAdapter<Port>,
  calls: Record<string, Call<Port>>,
  writes: Record<string, (port: Port) => Promise<void>> = {},
): void {
  describe(title, () => {
    it('does all of it without a fault', async () => {
      for (const { run } of Object.values(calls)) await run(through())
    })

    for (const fault of FAULTS_BESIDE_S3) {
      it(`holds under ${titleOf(fault)}`, async () => {
        await holdUnder(fault, spoiling, calls, through(timeOutFor(fault)))
      })
    }

    for (const [name, run] of Object.entries(writes)) {
      it(`knows ${name} for its own whose answer was lost, when the repetition meets it (I8)`, async () => {
        let exchanges = 0
        spoiling.spoil(() => (++exchanges === 1 ? { name: 'reset', moment: 'after' } : undefined))
        await run(through(PATIENCE, 3)).finally(() => spoiling.spoil(noFaults))
        assert.ok(exchanges > 1, 'it was repeated')
      })
    }
  })
}
