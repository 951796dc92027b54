import { after } from 'node:test'
import { startS3 } from '../../sandbox/s3/server.ts'
import { describeS3Semantics } from './s3-semantics.ts'
import { BUCKET, clientOf, temporaryDirectory } from './stand-in.ts'

const s3 = await startS3({ directory: await temporaryDirectory(), buckets: [BUCKET] })
const client = clientOf(s3.endpoint)
after(async () => {
  client.destroy()
  await s3.close()
})

describeS3Semantics('the stand-in', async () => ({ client, bucket: BUCKET }))
