import type { Archive } from '../../../core/archive.ts'
import type { ArchivePolicy } from '../../../core/model/archive-policy.ts'
import { NiceBlobsError } from '../../../core/model/errors.ts'
import type { FleetIndex } from '../../../core/ports.ts'
import type { KeepNear } from '../../../core/release.ts'
import { volumeIdentity } from '../../../core/volume/identity.ts'
import { openVolume, requireOwned, requireThere, type Volume } from '../../../core/volume/volume.ts'
import { errorKind } from '../../sqlite.ts'
import { asError } from '../as-error.ts'
import { askAbout } from './archive-files.ts'
import { type Inventory, openInventory } from './inventory.ts'
import { createOrderBook } from './order-book.ts'
import { type CacheFill, createPublisher } from './publish.ts'
import { createUpkeep } from './upkeep.ts'
import { type Clocks, createVolumeLease, type VolumeLease } from './volume-lease.ts'
import type { Workplace } from './workplace.ts'

/** `waiting`: for what a trouble names, as an index that cannot be reached. `not ours`: another program's cache, which is only read. */
export type KeeperState =
  | 'starting'
  | 'standing by'
  | 'name taken'
  | 'not ours'
  | 'scanning'
  | 'archiving'
  | 'releasing'
  | 'idle'
  | 'waiting'

export interface KeeperParts extends Omit<Archive, 'now'> {
  readonly fleet: FleetIndex
  /** Of the volume, in the configuration. */
  readonly volume: string
  readonly directory: string
  readonly inventoryFile: string
  /** By which the host is configured; what counts is the order's. */
  readonly policy: ArchivePolicy
  readonly holder: string
  readonly host: string
  /** Milliseconds. */
  readonly heartbeat: number
  readonly clocks: Clocks
  readonly keepNear?: KeepNear
  readonly cacheFill: CacheFill
  did(what: 'archived' | 'released', bytes: number): void
  tell(trouble: NiceBlobsError): void
}

/** Looks after one volume: takes its lease, knows what is in it, says so, and follows orders (docs/agent.md). */
export interface Keeper {
  readonly state: { readonly state: KeeperState; readonly trouble?: NiceBlobsError }
  /** Each heartbeat: renews the lease or waits for it, and looks for an order. Never throws. */
  beat(): Promise<void>
  /** The next part of what there is to do, if this agent has the lease; false when that is nothing for now. Never throws. */
  work(): Promise<boolean>
  /** Gives up what is under way, and the lease to whoever waits for it. */
  end(): Promise<void>
}

/** What there is while a volume can be read. */
interface Opened {
  volume: Volume
  inventory: Inventory
  lease: VolumeLease
  place: Workplace
  /** Of the lease that was held last. */
  term?: number
}

const BLOBS_PER_QUESTION = 500
/** A volume that is unmounted or moved away is another one when it is there again. */
const REOPENED: readonly NiceBlobsError['code'][] = ['DISK_UNREADABLE', 'DIRECTORY_UNREADABLE']

export function createKeeper(parts: KeeperParts): Keeper {
  const { database, fleet, clocks, heartbeat, tell } = parts
  let state: Keeper['state'] = { state: 'starting' }
  let opened: Opened | undefined
  let aborter = new AbortController()
  let working: Promise<unknown> = Promise.resolve()
  let mustReopen = false
  let workedAt = clocks.now()
  const upkeep = createUpkeep(heartbeat, clocks, tell)
  const publisher = createPublisher(fleet, parts.cacheFill, heartbeat, clocks)

  const book = createOrderBook(fleet, database, parts.volume, clocks)
  const become = (next: KeeperState, trouble?: NiceBlobsError) => {
    state = trouble ? { state: next, trouble } : { state: next }
  }

  async function open(): Promise<Opened> {
    const volume = openVolume(parts.directory)
    requireOwned(volume)
    requireThere(volume)
    const identity = await volumeIdentity(volume)
    const inventory = openInventory(parts.inventoryFile, { identity, now: clocks.now })
    const archive = { database, bucket: parts.bucket, index: parts.index, now: book.now }
    const did: Workplace['did'] = (what, bytes) => {
      inventory.note(what, 1, bytes, clocks.now())
      parts.did(what, bytes)
    }
    const keepNear = parts.keepNear && { keepNear: parts.keepNear }
    const lease = createVolumeLease({ ...parts, identity })
    return { volume, inventory, lease, place: { archive, volume, inventory, did, tell, ...keepNear } }
  }

  /** Whatever is under way ends; nothing of it is lost. */
  function stop(): void {
    aborter.abort()
    aborter = new AbortController()
    book.breakOff()
  }

  async function shut(): Promise<void> {
    stop()
    await working
    opened?.inventory.close()
    opened = undefined
    mustReopen = false
  }

  function fail(error: unknown): void {
    const trouble = asError(error)
    if (trouble.code === 'LAYOUT_NOT_OURS') become('not ours')
    else {
      tell(trouble)
      become('waiting', trouble)
    }
    // An inventory that cannot be used is made anew when it is opened.
    if (REOPENED.includes(trouble.code) || errorKind(error) > 0) mustReopen = true
  }

  /** What is in the volume, and what of it is archived already. */
  async function takeStock({ inventory, volume, place }: Opened, signal: AbortSignal): Promise<boolean> {
    if (upkeep.isScanDue(inventory)) become('scanning')
    const found = await upkeep.refresh(inventory, volume, signal)
    if (found !== 'not due') {
      publisher.changed()
      book.goOn(place, found)
    }
    const unknown = inventory.unknown(BLOBS_PER_QUESTION)
    await askAbout(place, unknown)
    return unknown.length > 0
  }

  async function followOrder({ place, lease }: Opened, signal: AbortSignal): Promise<boolean> {
    const before = book.doing
    const more = await book.follow(place, lease, signal)
    if (book.doing) become(book.doing)
    if (before) publisher.changed()
    // The schedule wants to know what is left.
    if (before && !book.doing) publisher.hurry()
    return more
  }

  async function workOn(): Promise<boolean> {
    if (!opened?.lease.held() || mustReopen) return false
    const { signal } = aborter
    try {
      const more = (await takeStock(opened, signal)) || (await followOrder(opened, signal))
      workedAt = clocks.now()
      if (more) return !signal.aborted
      const held = opened.lease.held()
      if (!held || signal.aborted) return false
      // By our own clock: an order that is over would hold the time up, and with it the next order. What a wrong clock
      // makes look due is judged again by that one's.
      await publisher.publish(opened.place, held, book.order?.archive ?? parts.policy, clocks.now())
      become('idle')
    } catch (error) {
      if (!signal.aborted) fail(error)
    }
    return false
  }

  return {
    get state() {
      return state
    },
    async beat() {
      try {
        if (mustReopen) await shut()
        opened ??= await open()
        requireThere(opened.volume)
        const { trouble } = state
        const leased = await opened.lease.beat({ workedAt, ...(trouble && { trouble: trouble.code }) })
        if (leased === 'held') {
          noteTerm(opened)
          // By a new policy other things are due.
          if (await book.look()) publisher.hurry()
          return
        }
        stop()
        if (leased === 'name taken') tell(nameTaken(parts))
        become(leased)
      } catch (error) {
        fail(error)
      }
    },
    work() {
      const result = workOn()
      working = result
      return result
    },
    async end() {
      const { lease } = opened ?? {}
      stop()
      await working
      await lease?.giveBack().catch(() => {})
      await shut()
    },
  }
}

/** Under the terms of others, blobs were archived that wait in this inventory; by its own plan they might wait for ever. */
function noteTerm(opened: Opened): void {
  const term = opened.lease.held()?.term
  if (term === undefined || term === opened.term) return
  if (term - 1 !== opened.term) opened.inventory.askAgain()
  opened.term = term
}

function nameTaken({ database, volume, directory }: KeeperParts): NiceBlobsError {
  return new NiceBlobsError('VOLUME_NAME_TAKEN', `the agent of another disk keeps a volume of this name`, {
    subject: `${database}/${volume}`,
    hint: `name the volume at ${directory} otherwise in databases.${database}.volumes: each disk has a name of its own`,
  })
}
