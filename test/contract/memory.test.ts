import { createMemoryBucket } from '../memory/memory-bucket.ts'
import { createMemoryIndex } from '../memory/memory-index.ts'
import { describeBucketContract } from './bucket-contract.ts'
import { describeIndexContract } from './index-contract.ts'

describeBucketContract('in memory', async () => {
  const bucket = createMemoryBucket()
  return { bucket, mark: bucket.mark }
})

describeIndexContract('in memory', async () => createMemoryIndex())
