import { S3Client } from '@aws-sdk/client-s3'
import type { BucketConfig } from '../model/config.ts'

const ATTEMPTS = 4
const SOCKETS = 64

/**
 * Milliseconds: to connect, and of silence on the wire, be it before the first byte of an answer or within one. There
 * is none for a whole request: how long a large upload takes is for the network to say.
 */
export const TIME_OUTS = { connectionTimeout: 3_000, socketTimeout: 20_000 }

const nothing = () => {}
/** Without a logger the SDK warns on the console, also of errors that are expected here, such as 412. */
const SILENT = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing }

/**
 * Credentials come from where the SDK always looks: environment, shared files, the role of the host. A profile is looked for in the
 * shared files alone.
 */
export function createS3Client(config: BucketConfig, timeOuts = TIME_OUTS, profile?: string): S3Client {
  return new S3Client({
    ...(profile === undefined ? {} : { profile }),
    region: config.region,
    ...(config.endpoint === undefined ? {} : { endpoint: config.endpoint }),
    forcePathStyle: config.pathStyle,
    maxAttempts: ATTEMPTS,
    // We send and compare SHA-256 ourselves; the SDK's own trailing checksums break older servers.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    logger: SILENT,
    requestHandler: {
      ...timeOuts,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS },
    },
  })
}
