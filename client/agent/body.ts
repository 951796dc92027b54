import type { IncomingMessage } from 'node:http'
import { finished } from 'node:stream/promises'
import { NiceBlobsError } from '../../core/model/errors.ts'

/** The body of a request, whose end comes only when all of it came. Whoever stops reading early can still answer. */
export async function* readBody(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    yield* request.iterator({ destroyOnReturn: false })
  } catch (cause) {
    throw new NiceBlobsError('REPORT_CUT_OFF', `the request broke off (${(cause as Error).message})`, {
      subject: 'live report',
      hint: 'no report was sent; whoever sends one has to send all of it',
      cause,
    })
  }
}

/** Many a client reads no answer before it has said all it has to say. */
export async function hearOut(request: IncomingMessage): Promise<void> {
  request.resume()
  // Of one that has gone away nothing more will come.
  await finished(request, { writable: false }).catch(() => {})
}

/** What nobody asked for is not kept, and whoever does not come to its end is cut off after so many milliseconds. */
export function passOver(request: IncomingMessage, patience: number): void {
  request.resume()
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers
  if (encoding === undefined && length === '0') return
  const late = setTimeout(() => request.destroy(), patience).unref()
  request.once('close', () => clearTimeout(late))
}
