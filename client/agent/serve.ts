import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { errorFields } from '../../core/model/error-text.ts'
import { EXIT, type NiceBlobsError } from '../../core/model/errors.ts'
import { type Answer, json } from './answer.ts'
import { type Answering, answerBlob } from './answer-blob.ts'
import { answerReport } from './answer-report.ts'
import { asError } from './as-error.ts'
import { hearOut, passOver, readBody } from './body.ts'
import { conditionsOf, entityTag } from './conditions.ts'
import { refuseDelivery } from './deliver.ts'
import type { VolumeState } from './keeper/messages.ts'
import { type AgentRequest, isForBrowser, parseRequest } from './request.ts'

export interface Service extends Answering {
  /** How long a client may take nothing of its answer, or not end what it has to ask, in milliseconds. */
  stalled: number
  /** What is done with each volume at the moment. */
  volumes(): VolumeState[]
  /** Told what requests ended with, but for what is missing or was asked wrongly. */
  tell(trouble: NiceBlobsError): void
}

/** Answers one request, whatever comes of it. */
export async function serve(
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { databases, measures, stalled, tell } = service
  const start = performance.now()
  let asked: AgentRequest | undefined
  let answer: Answer
  try {
    asked = parseRequest(request.method ?? '', request.url ?? '')
    if (asked.kind !== 'report') passOver(request, stalled)
    answer = await answerTo(service, asked, request)
  } catch (thrown) {
    const error = asError(thrown)
    if (error.code === 'DISK_UNREADABLE' && asked && 'ref' in asked) databases.forget(asked.database)
    measures.failed(error.code)
    const status = statusOf(error)
    if (status >= 500) tell(error)
    answer = isForBrowser(request.url ?? '')
      ? refuseDelivery(status, error)
      : json(status, { error: errorFields(error) })
    if (asked?.kind === 'report') await hearOut(request)
    else passOver(request, stalled)
  }
  await send(request.method === 'HEAD' ? withoutBody(answer) : answer, response, stalled, measures)
  measures.answered(asked?.kind ?? 'none', answer.status, (performance.now() - start) / 1000)
}

async function answerTo(service: Service, asked: AgentRequest, request: IncomingMessage): Promise<Answer> {
  const { databases, measures, volumes } = service
  if ('ref' in asked) return answerBlob(service, asked, conditionsOf(request.headers, entityTag(asked.ref)))
  if (asked.kind === 'report') return answerReport(databases, asked.database, readBody(request))
  if (asked.kind === 'health') return json(200, { status: 'serving', volumes: volumes() })
  return { status: 200, headers: { 'content-type': measures.contentType }, body: await measures.text() }
}

function withoutBody(answer: Answer): Answer {
  if (typeof answer.body !== 'string') answer.body.destroy()
  return { ...answer, body: '' }
}

/** A client that goes away or stalls ends the reading of the file too. */
async function send(
  { status, headers, body }: Answer,
  response: ServerResponse,
  stalled: number,
  measures: Service['measures'],
): Promise<void> {
  response.writeHead(status, headers)
  if (typeof body === 'string') {
    response.end(body)
    return
  }
  const { socket } = response
  const cut = () => socket?.destroy()
  socket?.setTimeout(stalled).once('timeout', cut)
  body.on('data', (chunk: Buffer) => measures.sent(chunk.length))
  await pipeline(body, response)
  socket?.setTimeout(0).off('timeout', cut)
}

/** Only what is known to be missing is a 404, and only with its code (I11). */
function statusOf({ code, exitStatus }: NiceBlobsError): number {
  if (code === 'BLOB_MISSING') return 404
  if (code === 'REF_INVALID' || code === 'REQUEST_INVALID' || code === 'REPORT_CUT_OFF') return 400
  return exitStatus === EXIT.integrity ? 409 : 503
}
