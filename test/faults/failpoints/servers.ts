import { S3Client } from '@aws-sdk/client-s3'
import { callingModule } from './caller.ts'
import { surround } from './surround.ts'

/** Failpoints around every request to the bucket and the index, by the names of their commands: `s3-put.PutObject`. */

type Send = (this: unknown, command: object, ...words: unknown[]) => Promise<unknown>

export function interposeServers(): void {
  // Every client of the SDK has `send` from the same class.
  const clients: { send: Send } = Object.getPrototypeOf(S3Client.prototype)
  const real = clients.send
  clients.send = function send(command, ...words) {
    // What is not called by us is called by the SDK's own upload in parts.
    const module = callingModule() ?? 'lib-storage'
    const name = `${module}.${command.constructor.name.replace(/Command$/, '')}`
    return surround({ outside: 'server', name, refusal }, () => real.call(this, command, ...words))
  }
}

/** What the SDK throws once it has tried often enough. */
function refusal(code: string): Error {
  if (code !== '500') return Object.assign(new Error(`connect ${code}`), { code, syscall: 'connect' })
  const $metadata = { httpStatusCode: 500, attempts: 4 }
  return Object.assign(new Error('We encountered an internal error.'), { name: 'InternalError', $metadata })
}
