import { NiceBlobsError } from '../../core/model/errors.ts'
import type { DatabaseSweep } from '../../core/model/sweep-report.ts'

/** Oddities of a database that an answer tells one by one. */
const MOST_TOLD = 100

/** Undefined while another run is at work: no error, whose repetitions would meet it again; the next day's run goes on. */
export async function unlessBusy(run: Promise<DatabaseSweep[]>): Promise<DatabaseSweep[] | undefined> {
  return run.catch((error: unknown) => {
    if (error instanceof NiceBlobsError && error.code === 'SWEEP_BUSY') return undefined
    throw error
  })
}

export function tell({ oddities, ...sweep }: DatabaseSweep): object {
  const untold = Math.max(0, oddities.length - MOST_TOLD)
  return { ...sweep, oddities: oddities.slice(0, MOST_TOLD), untold }
}

/** As an error of the function an outage is told; its repetition works it off, unless it finds the lease still held: then the next run does. */
export function requireReached(sweeps: readonly DatabaseSweep[]): void {
  const failed = sweeps.filter(({ ended }) => ended === 'failed')
  if (failed.length === 0) return
  throw new Error(failed.map(({ database, told }) => `${database}: ${told}`).join('; '))
}
