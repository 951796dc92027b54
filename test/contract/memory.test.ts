import { createMemoryBeginnings } from '../memory/memory-beginnings.ts'
import { createMemoryBucket } from '../memory/memory-bucket.ts'
import { createMemoryFleet } from '../memory/memory-fleet.ts'
import { createMemoryIndex } from '../memory/memory-index.ts'
import { createMemoryReports } from '../memory/memory-reports.ts'
import { createMemorySecret, type MemorySecret } from '../memory/memory-secret.ts'
import { createMemoryVersions } from '../memory/memory-versions.ts'
import { describeBeginningsContract } from './beginnings-contract.ts'
import { describeBucketContract } from './bucket-contract.ts'
import { describeFleetContract } from './fleet-contract.ts'
import { describeIndexContract } from './index-contract.ts'
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
