import type { IncomingMessage, ServerResponse } from 'node:http'
import { xml } from '../s3/answer.ts'
import { ERROR_STATUS, type ErrorName, type Replacement } from './fault.ts'

const MESSAGE = 'The fault proxy answers, not the server'

/** What the client gets instead of the server's answer. */
export function replaceAnswer(
  { name }: Replacement,
  incoming: IncomingMessage,
  response: ServerResponse,
): void {
  if (name === 'stall') return
  if (name === 'reset') incoming.socket.resetAndDestroy()
  else sendError(name, incoming, response)
}

function sendError(code: ErrorName, { headers, url }: IncomingMessage, response: ServerResponse): void {
  const ofDynamo = headers['x-amz-target'] !== undefined
  response.statusCode = ERROR_STATUS[code]
  response.setHeader('content-type', ofDynamo ? 'application/x-amz-json-1.0' : 'application/xml')
  if (!ofDynamo) response.end(xml('Error', { Code: code, Message: MESSAGE, Resource: url }))
  else response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${code}`, message: MESSAGE }))
}
