import { createHash } from 'node:crypto'
import { type JsonServer, startJsonServer } from '../json-server.ts'
import { refuse } from '../s3/answer.ts'
import type { Credentials } from '../s3/signature.ts'
import type { Queues } from './queues.ts'

export interface SqsOptions {
  queues: Queues
  region: string
  credentials: Credentials
  /** Its clock, in milliseconds since 1970. */
  now: () => number
}

interface Entry {
  Id: string
  MessageBody: string
}

const MOST_ENTRIES = 10
/** Of all bodies of one request. */
const MOST_BYTES = 2 ** 20
const ENTRY_ID = /^[A-Za-z0-9_-]{1,80}$/
/** What queues understand and the sandbox does not; a message is nothing but its body here. */
const KNOWN = ['QueueUrl', 'Entries', 'Id', 'MessageBody']

/** Takes messages for the queues as SQS does by AWS JSON 1.0. Nobody but the functions of a stack receives any. */
export function startSqs({ queues, ...place }: SqsOptions): Promise<JsonServer> {
  return startJsonServer({
    ...{ name: 'sqs', version: '1.0', target: 'AmazonSQS.', errors: 'com.amazonaws.sqs#', ...place },
    answer: (action, asked) => answer(queues, action, asked),
  })
}

function answer(queues: Queues, action: string, asked: { QueueUrl?: string; Entries?: Entry[] }) {
  const name = new URL(asked.QueueUrl ?? '').pathname.split('/').at(-1) ?? ''
  if (!queues.has(name)) refuse(400, 'QueueDoesNotExist', `The queue ${name} does not exist.`)
  if (action === 'SendMessage') return sendMessage(queues, name, asked as Partial<Entry>)
  if (action === 'SendMessageBatch') return sendMessageBatch(queues, name, asked.Entries ?? [])
  return refuse(400, 'UnsupportedOperation', `${action} of queues`)
}

function sendMessage(queues: Queues, name: string, entry: Partial<Entry>) {
  const body = bodyOf(entry)
  const { id } = queues.send(name, body)
  return { MessageId: id, MD5OfMessageBody: createHash('md5').update(body).digest('hex') }
}

/** All or none: what would be refused of an entry alone is an error of the sandbox. */
function sendMessageBatch(queues: Queues, name: string, entries: readonly Entry[]) {
  const ids = entries.map(({ Id }) => Id)
  if (entries.length === 0) refuse(400, 'EmptyBatchRequest', 'There are no entries')
  if (entries.length > MOST_ENTRIES)
    refuse(400, 'TooManyEntriesInBatchRequest', `Maximum number of entries per request are ${MOST_ENTRIES}.`)
  if (!ids.every(id => ENTRY_ID.test(id))) refuse(400, 'InvalidBatchEntryId', `An id of ${ids}`)
  if (new Set(ids).size < ids.length) refuse(400, 'BatchEntryIdsNotDistinct', `An id of ${ids} repeats`)
  const bytes = entries.reduce((sum, entry) => sum + Buffer.byteLength(bodyOf(entry)), 0)
  if (bytes > MOST_BYTES) refuse(400, 'BatchRequestTooLong', `${bytes} bytes in one request`)
  return {
    Successful: entries.map(entry => ({ Id: entry.Id, ...sendMessage(queues, name, entry) })),
    Failed: [],
  }
}

function bodyOf(entry: Partial<Entry>): string {
  const unknown = Object.keys(entry).filter(name => !KNOWN.includes(name))
  if (unknown.length > 0) refuse(400, 'UnsupportedOperation', `${unknown} of a message`)
  const { MessageBody: body = '' } = entry
  if (body === '') refuse(400, 'MissingParameter', 'The request must contain the parameter MessageBody.')
  if (Buffer.byteLength(body) > MOST_BYTES) refuse(400, 'InvalidParameterValue', 'One MiB at the most')
  return body
}
