import { parentPort, workerData } from 'node:worker_threads'
import type { Config } from '../../../core/model/config.ts'
import { createKeepers, type NamedKeeper } from './keepers.ts'
import type { KeeperMessage } from './messages.ts'
import { runKeeper } from './run-keeper.ts'

/** The keepers' thread: hashing and uploading must not hold up those who ask the agent for a path. It ends at any message. */
const config = workerData as Config
const aborter = new AbortController()
parentPort?.once('message', () => aborter.abort())

const tell = (message: KeeperMessage) => parentPort?.postMessage(message)

/** Told when it changes, looked at a few times a heartbeat. */
function watchState({ database, volume, keeper }: NamedKeeper): NodeJS.Timeout {
  let last: NamedKeeper['keeper']['state'] | undefined
  return setInterval(() => {
    if (keeper.state === last) return
    last = keeper.state
    const { state, trouble } = last
    tell({ kind: 'state', volume: { database, volume, state, ...(trouble && { trouble: trouble.code }) } })
  }, config.agent.heartbeat / 5)
}

const keepers = createKeepers(config, tell)
const watches = keepers.map(watchState)
await Promise.all(keepers.map(({ keeper }) => runKeeper(keeper, config.agent.heartbeat, aborter.signal)))
watches.forEach(clearInterval)
parentPort?.close()
