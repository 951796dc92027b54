import { once } from 'node:events'
import { extname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Config } from '../../../core/model/config.ts'
import type { NiceBlobsError } from '../../../core/model/errors.ts'
import { asError } from '../as-error.ts'
import type { Measures } from '../measures.ts'
import { type KeeperMessage, unpackTrouble, type VolumeState } from './messages.ts'

/** The same file as source and as published JavaScript. */
const THREAD = new URL(`./thread${extname(import.meta.filename)}`, import.meta.url)
/** How long keepers may take to give up what is under way, in milliseconds. */
const LAST_WORDS = 8_000
const RESTART_AFTER = 5_000
/** Without a limit the thread keeps garbage for as long as the host has memory. */
const THREAD_MEMORY = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 512 }

export interface Keepers {
  /** What each volume's keeper is doing. */
  states(): VolumeState[]
  end(): Promise<void>
}

/** Starts the keepers in a thread of their own, and again should it die. */
export function startKeepers(
  config: Config,
  measures: Measures,
  tell: (trouble: NiceBlobsError) => void,
): Keepers {
  const states = new Map<string, VolumeState>()
  const become = (state: VolumeState) => {
    states.set(`${state.database}/${state.volume}`, state)
    measures.keeping(state)
  }
  /** Of all volumes, where the thread says nothing of any. */
  const becomeAll = (state: Pick<VolumeState, 'state' | 'trouble'>) => {
    for (const [database, { volumes }] of Object.entries(config.databases))
      for (const volume of Object.keys(volumes)) become({ database, volume, ...state })
  }
  const ending = new AbortController()
  let worker: Worker | undefined

  function hear(message: KeeperMessage): void {
    if (message.kind === 'trouble') tell(unpackTrouble(message.trouble))
    else if (message.kind === 'evicted') measures.evicted(message.blobs)
    else if (message.kind === 'did') measures.moved(message.database, message.what, message.bytes)
    else become(message.volume)
  }

  async function live(): Promise<void> {
    becomeAll({ state: 'starting' })
    while (!ending.signal.aborted) {
      worker = new Worker(THREAD, { workerData: config, resourceLimits: THREAD_MEMORY })
      worker.on('message', hear)
      worker.on('error', error => {
        const trouble = asError(error)
        tell(trouble)
        becomeAll({ state: 'waiting', trouble: trouble.code })
      })
      await once(worker, 'exit').catch(() => {})
      if (!ending.signal.aborted)
        await delay(RESTART_AFTER, undefined, { signal: ending.signal }).catch(() => {})
    }
  }
  const life = live()

  return {
    states: () => [...states.values()],
    async end() {
      ending.abort()
      worker?.postMessage('end')
      const last = setTimeout(() => worker?.terminate(), LAST_WORDS)
      await life
      clearTimeout(last)
    },
  }
}
