import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { startSandbox } from './sandbox.ts'

const USAGE = 'node sandbox/main.ts --directory DIR [--port N] [--bucket NAME] [--table NAME]'

const { values } = parseArgs({
  options: {
    directory: { type: 'string' },
    port: { type: 'string', default: '0' },
    bucket: { type: 'string', default: 'nice-blobs' },
    table: { type: 'string', default: 'nice-blobs' },
  },
})
const { directory, port, bucket, table } = values
if (directory === undefined) {
  console.error(USAGE)
  process.exit(2)
}

const sandbox = await startSandbox({ directory, bucket, table, port: Number(port) })
const { bucketEndpoint, indexEndpoint, secretsEndpoint, region, credentials } = sandbox
const endpoints = { bucketEndpoint, indexEndpoint, secretsEndpoint }
console.log(JSON.stringify({ ...endpoints, region, credentials, bucket, table }))
await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')])
await sandbox.close()
