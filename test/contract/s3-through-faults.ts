import { CopyObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { clientSettings, PATIENCE } from './through-faults.ts'

/** As the adapters have theirs, but for the retries. */
export function s3ClientAt(endpoint: string, timeOut = PATIENCE): S3Client {
  return new S3Client({
    ...clientSettings(endpoint, timeOut),
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
}

/** As a server does that does not know the condition. */
export function refuseCopies(client: S3Client): S3Client {
  const send = (command: object, ...rest: []) => {
    if (command instanceof CopyObjectCommand)
      return Promise.reject(Object.assign(new Error('not here'), { name: 'NotImplemented' }))
    return client.send(command as CopyObjectCommand, ...rest)
  }
  return Object.create(client, { send: { value: send } })
}
