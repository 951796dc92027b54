import { type ErrorCode, type ErrorDetail, NiceBlobsError } from '../../../core/model/errors.ts'
import type { KeeperState } from './keeper.ts'

/** What the thread of the keepers tells the agent; errors cross as their fields. */
export interface VolumeState {
  database: string
  volume: string
  state: KeeperState
  /** The code of what it waits for. */
  trouble?: string
}

export interface Trouble extends Omit<ErrorDetail, 'cause'> {
  code: ErrorCode
  message: string
}

export type KeeperMessage =
  | { kind: 'state'; volume: VolumeState }
  | { kind: 'trouble'; trouble: Trouble }
  | { kind: 'did'; database: string; volume: string; what: 'archived' | 'released'; bytes: number }
  | { kind: 'evicted'; blobs: number }

export function packTrouble({ code, message, subject, hint }: NiceBlobsError): Trouble {
  return { code, message, subject, hint }
}

export function unpackTrouble({ code, message, ...detail }: Trouble): NiceBlobsError {
  return new NiceBlobsError(code, message, detail)
}
