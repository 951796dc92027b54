import { isMainThread } from 'node:worker_threads'
import { interposeDatabases } from './database.ts'
import { interposeDisk } from './disk.ts'
import { arm, parseFault, recordTo } from './fault.ts'

/**
 * Loaded before a program: `node --import …/register.ts`. BLOBS_FAILPOINT says what shall happen at which failpoint
 * (fault.ts); BLOBS_FAILPOINT_RECORD names a file for the names of all that are passed.
 */

const { BLOBS_FAILPOINT: fault, BLOBS_FAILPOINT_RECORD: file } = process.env

if (file !== undefined) recordTo(file)
await interposeDisk()
interposeDatabases()
if (isMainThread) {
  const [{ interposeServers }, { interposeThreads }] = await Promise.all([
    import('./servers.ts'),
    import('./threads.ts'),
  ])
  interposeServers()
  interposeThreads()
  if (fault !== undefined) arm(parseFault(fault))
}
