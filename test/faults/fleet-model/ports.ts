import { BlobUnavailable } from '../../../core/model/errors.ts'
import type { BlobBucket, BlobIndex, FleetIndex } from '../../../core/ports.ts'
import type { Agent } from './agent.ts'
import { currentProcess, step } from './steps.ts'
import type { World } from './world.ts'

/** What the next calls of a port meet; `answer` lets the call do its work. */
export interface Weather {
  readonly port: 'bucket' | 'index'
  readonly code: 'SERVER_UNREACHABLE' | 'SERVER_BUSY'
  readonly at: 'call' | 'answer'
  /** So many meet nothing before. */
  spared: number
  left: number
}

export const isAgent = (process: unknown): process is Agent =>
  typeof process === 'object' && process !== null && 'keeper' in process

/** The ports as processes have them: each call and each answer is a step, may fail, and is seen by the witness. */
export function portsOf(world: World): { bucket: BlobBucket; index: BlobIndex; fleet: FleetIndex } {
  const agent = () => {
    const process = currentProcess()
    return isAgent(process) ? process : undefined
  }

  function meet(port: Weather['port'], at: Weather['at']): void {
    const { weather } = world
    if (weather?.port !== port || weather.at !== at || weather.left <= 0) return
    if (weather.spared-- > 0) return
    weather.left -= 1
    throw new BlobUnavailable(weather.code, 'bad weather', { subject: port, hint: 'wait' })
  }

  async function through<T>(port: Weather['port'], work: () => Promise<T>): Promise<T> {
    await step()
    meet(port, 'call')
    const result = await work()
    meet(port, 'answer')
    await step()
    return result
  }

  async function* eachThrough<T>(port: Weather['port'], items: AsyncIterable<T>): AsyncGenerator<T> {
    await step()
    meet(port, 'call')
    for await (const item of items) {
      yield item
      await step()
    }
  }

  const { bucket, index, fleet } = world
  return {
    bucket: {
      put: (key, ...given) =>
        through('bucket', async () => {
          const by = agent()
          const result = await bucket.put(key, ...given)
          const content = bucket.versions.get(key)?.at(-1)?.object?.content
          if (result.outcome === 'stored' && by && content) world.witness.stored(key, content, by)
          return result
        }),
      head: key => through('bucket', () => bucket.head(key)),
      get: key => through('bucket', () => bucket.get(key)),
      list: prefix => eachThrough('bucket', bucket.list(prefix)),
    },
    index: {
      find: (...given) => through('index', () => index.find(...given)),
      insert: row => through('index', () => index.insert(row)),
      replace: (...given) => through('index', () => index.replace(...given)),
      list: database => eachThrough('index', index.list(database)),
      listShard: (...given) => eachThrough('index', index.listShard(...given)),
    },
    fleet: {
      read: (...given) => through('index', () => fleet.read(...given)),
      readLease: (...given) => through('index', () => fleet.readLease(...given)),
      async readOrder(database, volume) {
        const order = await through('index', () => fleet.readOrder(database, volume))
        const by = agent()
        if (order && by && by.orders.at(-1)?.run !== order.run) by.orders.push(order)
        return order
      },
      list: database => eachThrough('index', fleet.list(database)),
      writeLease(before, after) {
        const sent = world.time.passed
        return through('index', async () => {
          const by = agent()
          const written = await fleet.writeLease(before, after)
          if (written && by) world.witness.leased(before, after, by, sent)
          return written
        })
      },
      writeSummary: row => through('index', () => fleet.writeSummary(row)),
      writeOrder: row =>
        through('index', async () => {
          const written = await fleet.writeOrder(row)
          if (written) world.witness.ordered(row)
          return written
        }),
      readScheduleLease: () => through('index', () => fleet.readScheduleLease()),
      writeScheduleLease: (...given) => through('index', () => fleet.writeScheduleLease(...given)),
    },
  }
}
