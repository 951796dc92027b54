import {
  GetObjectCommand,
  type GetObjectCommandInput,
  type GetObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3'
import { BlobUnavailable } from '../model/errors.ts'
import type { StoredBlob } from '../ports.ts'
import { isPassing, type Retry } from './retry.ts'
import { readStoredBlob } from './s3-object.ts'
import { translateError } from './translate-error.ts'

interface Get {
  target: GetObjectCommandInput
  subject: string
  retry: Retry
  signal: AbortSignal | undefined
}

export async function getObject(
  client: S3Client,
  get: Get,
): Promise<{ first: GetObjectCommandOutput; stored: StoredBlob; body: AsyncIterable<Uint8Array> }> {
  const first = await send(client, get)
  return { first, stored: readStoredBlob(first, get.subject), body: wholeBody(client, get, first) }
}

/** The body, taken up where it broke off. One that ends too early for good is an outage, not a short blob (I11). */
async function* wholeBody(
  client: S3Client,
  get: Get,
  first: GetObjectCommandOutput,
): AsyncGenerator<Uint8Array> {
  const { retry, signal, subject } = get
  const size = first.ContentLength ?? 0
  let received = 0
  let output: GetObjectCommandOutput | undefined = first
  for (let fruitless = 1; ; fruitless += 1) {
    const before = received
    let failure: Error
    try {
      output ??= await sendRest(client, get, first, received)
      for await (const chunk of bodyOf(output)) {
        received += chunk.length
        yield chunk
      }
      failure = cutShort(subject, received, size)
    } catch (error) {
      failure = translateError(error, subject)
    }
    output = undefined
    if (received >= size) return retry.succeeded(fruitless)
    if (received > before) fruitless = 1
    if (!isPassing(failure) || !(await retry.again(fruitless, signal))) throw failure
  }
}

/** Nothing where the server knows no ranges, or has another object by now: what came cannot be continued then. */
async function sendRest(client: S3Client, get: Get, first: GetObjectCommandOutput, received: number) {
  const rest = await send(client, get, received)
  const continues = received === 0 || rest.ContentRange?.startsWith(`bytes ${received}-`)
  if (continues && rest.ETag === first.ETag) return rest
  ;(rest.Body as { destroy?(): void } | undefined)?.destroy?.()
  return undefined
}

function send(client: S3Client, { target, signal }: Get, from = 0): Promise<GetObjectCommandOutput> {
  const range = from === 0 ? {} : { Range: `bytes=${from}-` }
  return client.send(new GetObjectCommand({ ...target, ...range }), signal ? { abortSignal: signal } : {})
}

async function* bodyOf(output: GetObjectCommandOutput | undefined): AsyncGenerator<Uint8Array> {
  if (output) yield* output.Body as AsyncIterable<Uint8Array>
}

export function cutShort(subject: string, received: number, size: number): BlobUnavailable {
  return new BlobUnavailable('SERVER_UNREACHABLE', `the answer ended after ${received} of ${size} bytes`, {
    subject,
    hint: 'run it again; what came was thrown away',
  })
}
