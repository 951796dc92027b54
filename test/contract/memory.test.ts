import { createCopiesThroughHost } from '../../core/copy-through-host.ts'
import { createMemoryBeginnings } from '../memory/memory-beginnings.ts'
import { createMemoryBucket } from '../memory/memory-bucket.ts'
import { createMemoryFleet } from '../memory/memory-fleet.ts'
import { createMemoryIndex } from '../memory/memory-index.ts'
import { createMemoryCopies, createMemoryPredecessor } from '../memory/memory-predecessor.ts'
import { createMemoryReports } from '../memory/memory-reports.ts'
import { createMemorySecret, type MemorySecret } from '../memory/memory-secret.ts'
import { createMemoryVersions } from '../memory/memory-versions.ts'
import { describeBeginningsContract } from './beginnings-contract.ts'
import { describeBucketContract } from './bucket-contract.ts'
import { describeCopiesContract } from './copies-contract.ts'
import { describeFleetContract } from './fleet-contract.ts'
import { describeIndexContract } from './index-contract.ts'
import { describePredecessorContract } from './predecessor-contract.ts'
import { describeReportsContract } from './reports-contract.ts'
import { describeSecretContract } from './secret-contract.ts'
import { describeVersionsContract } from './versions-contract.ts'

describeBucketContract('in memory', async () => {
  const bucket = createMemoryBucket()
  return { bucket, mark: bucket.mark }
})

describeBeginningsContract('in memory', async () => {
  const bucket = createMemoryBucket()
  return { bucket, mark: bucket.mark, beginnings: createMemoryBeginnings(bucket) }
})

describeVersionsContract('in memory', async () => {
  const bucket = createMemoryBucket()
  return { bucket, versions: createMemoryVersions(bucket) }
})

describePredecessorContract('in memory', async () => createPredecessor())

for (const way of ['by the server', 'through the host'] as const)
  describeCopiesContract(`in memory, ${way}`, async () => {
    const [from, bucket] = [createPredecessor(), createMemoryBucket()]
    const copies =
      way === 'by the server'
        ? createMemoryCopies(from.predecessor, bucket)
        : createCopiesThroughHost(from.predecessor, bucket)
    return { ...from, bucket, copies, mark: bucket.mark }
  })

function createPredecessor() {
  const predecessor = createMemoryPredecessor()
  const { objects } = predecessor
  const put = (key: string, content: Buffer) => objects.set(key, content)
  return { predecessor, put, remove: (key: string) => objects.delete(key) }
}

describeIndexContract('in memory', async () => createMemoryIndex())

describeFleetContract('in memory', async () => createMemoryFleet())

describeReportsContract('in memory', async () => createMemoryReports())

describeSecretContract('in memory', async () => {
  const secrets = new Map<string, MemorySecret>()
  return {
    create: async name => {
      secrets.set(name, createMemorySecret())
    },
    open: name => secrets.get(name) ?? createMemorySecret(false),
  }
})
