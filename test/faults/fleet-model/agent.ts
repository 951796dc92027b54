import type { Keeper } from '../../../client/agent/keeper/keeper.ts'
import type { NiceBlobsError } from '../../../core/model/errors.ts'
import type { OrderRow } from '../../../core/model/volume-row.ts'
import type { HostName, VolumeName } from './oracle.ts'
import type { Process } from './steps.ts'

/** One life of an agent, and what it has been seen to do. */
export interface Agent extends Process {
  readonly host: HostName
  readonly volume: VolumeName
  keeper: Keeper
  /** What it is asked for at this moment. */
  asked: 'to beat' | 'to work' | 'to end'
  readonly troubles: NiceBlobsError[]
  /** What it may follow at this moment: what it last read, and what it knew when its work began. */
  orders: OrderRow[]
  /** The run of whose budget it has taken something in this part of its work. */
  claimed?: number | undefined
  /** When it last sent a renewal of its lease that was written, by the monotonic clock. */
  renewed?: number | undefined
}
