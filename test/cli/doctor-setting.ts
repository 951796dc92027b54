import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { type Installation, install } from './command.ts'

/** Installations for the doctor: against the sandbox, or against what it must take for AWS. */

/** Changes settings of a section of the installed configuration, or removes it. */
export function configure({ configFile }: Installation, section: string, change: object | undefined): void {
  const config = JSON.parse(readFileSync(configFile, 'utf8'))
  config[section] = change && { ...config[section], ...change }
  writeFileSync(configFile, JSON.stringify(config))
}

export async function examined({ run }: Installation, ...words: string[]) {
  const { status, events, err } = await run('doctor', '--json', ...words)
  assert.equal(err, '')
  const levels = Map.groupBy(events, ({ part }) => String(part))
    .entries()
    .map(([part, each]) => [part, each.map(({ level }) => level).join(' ')])
  return { status, levels: Object.fromEntries(levels), events }
}

export async function serve(test: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  test.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** What a request is for, in the words of the tests. */
type Asked =
  | 'identity'
  | 'list'
  | 'reach'
  | 'versioning'
  | 'policy'
  | 'replication'
  | 'read'
  | 'create'
  | 'abort'
  | 'mark'
  | 'deleteVersion'
  | 'overwrite'
  | 'findRows'
  | 'writeRow'
  | 'removeRow'

export interface Canned {
  status: number
  headers?: Record<string, string>
  body: string
}

export type Answers = Partial<Record<Asked, Canned>>

export function s3Error(status: number, code: string, message = 'no'): Canned {
  return { status, body: `<Error><Code>${code}</Code><Message>${message}</Message></Error>` }
}

export const REFUSED = s3Error(403, 'AccessDenied')
export const ROW_REFUSED: Canned = {
  status: 400,
  body: '{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"not yours"}',
}

/** Without an endpoint in its configuration the doctor takes for AWS what the environment leads it to: the sandbox, but for these answers. */
export async function installOnS3(
  test: TestContext,
  answers: Answers,
  changes: object = {},
): Promise<Installation> {
  const installation = await install(test, 'bushy', changes)
  const { sandbox, environment } = installation
  const endpoint = await serve(test, (incoming, response) => {
    const asked = askedBy(incoming)
    const canned = answers[asked]
    if (canned) {
      incoming.resume()
      response.writeHead(canned.status, { 'content-type': 'application/xml', ...canned.headers })
      return response.end(canned.body)
    }
    const behind = incoming.headers['x-amz-target'] ? sandbox.indexEndpoint : sandbox.bucketEndpoint
    const { method, url, headers } = incoming
    const forwarded = request(`${behind}${url}`, { method, headers }, answer => {
      response.writeHead(answer.statusCode ?? 0, answer.headers)
      answer.pipe(response)
    })
    return incoming.pipe(forwarded)
  })
  for (const service of ['S3', 'DYNAMODB', 'STS']) environment[`AWS_ENDPOINT_URL_${service}`] = endpoint
  configure(installation, 'bucket', { endpoint: undefined })
  configure(installation, 'index', { endpoint: undefined })
  return installation
}

const BY_TARGET: Record<string, Asked> = {
  BatchGetItem: 'findRows',
  PutItem: 'writeRow',
  DeleteItem: 'removeRow',
}
const BY_METHOD: Record<string, Asked> = { HEAD: 'read', PUT: 'overwrite', DELETE: 'mark' }
const BY_PARAMETER: Record<string, Asked> = {
  versioning: 'versioning',
  policy: 'policy',
  replication: 'replication',
  uploads: 'create',
  uploadId: 'abort',
  versionId: 'deleteVersion',
}

function askedBy({ method = '', url = '', headers }: IncomingMessage): Asked {
  const [, target] = String(headers['x-amz-target'] ?? '').split('.')
  if (target) return known(BY_TARGET[target], target)
  if (method === 'POST' && url === '/') return 'identity'
  const query = new URLSearchParams(url.split('?')[1])
  if (query.has('list-type')) return query.get('prefix') === 'blobs/' ? 'reach' : 'list'
  const parameter = Object.keys(BY_PARAMETER).find(name => query.has(name))
  return known(parameter ? BY_PARAMETER[parameter] : BY_METHOD[method], `${method} ${url}`)
}

function known(asked: Asked | undefined, request: string): Asked {
  return asked ?? assert.fail(`the doctor asked ${request}`)
}
