import { NiceBlobsError } from '../../core/model/errors.ts'
import { isDatabaseName } from '../../core/model/key.ts'
import { parseRef, type Ref } from '../../core/model/ref.ts'

/**
 * What can be asked of the agent. `path` and `bytes` read; `archive` uploads what a volume has under the ref; `recall`
 * brings a blob back into a volume; `report` sends the live report that is the body.
 */
export type AgentRequest =
  | { kind: 'health' | 'metrics' }
  | { kind: 'report'; database?: string }
  | { kind: 'path' | 'bytes' | 'archive' | 'recall'; ref: Ref; database?: string; volume?: string }

export type BlobRequest = Extract<AgentRequest, { ref: Ref }>

const ROUTES: readonly { method: string; path: RegExp; kind: BlobRequest['kind'] }[] = [
  { method: 'GET', path: /^\/v1\/blobs\/([^/]+\/[^/]+)\/path$/, kind: 'path' },
  { method: 'GET', path: /^\/v1\/blobs\/([^/]+\/[^/]+)$/, kind: 'bytes' },
  { method: 'PUT', path: /^\/v1\/blobs\/([^/]+\/[^/]+)\/object$/, kind: 'archive' },
  { method: 'PUT', path: /^\/v1\/blobs\/([^/]+\/[^/]+)\/file$/, kind: 'recall' },
]
const PARAMETERS = ['database', 'volume']

/** Nothing of a request reaches a path, a key or a log before it is parsed here. Throws REQUEST_INVALID or REF_INVALID. */
export function parseRequest(method: string, target: string): AgentRequest {
  const [path = '', query = ''] = target.split('?', 2)
  if (method === 'GET' && path === '/healthz') return { kind: 'health' }
  if (method === 'GET' && path === '/metrics') return { kind: 'metrics' }
  if (method === 'PUT' && path === '/v1/reports')
    return { kind: 'report', ...parseQuery(query, ['database']) }
  for (const route of ROUTES) {
    const [, ref] = (route.method === method && route.path.exec(path)) || []
    if (ref !== undefined) return { kind: route.kind, ref: parseRef(ref), ...parseQuery(query, PARAMETERS) }
  }
  throw invalid(`${method} ${path}`, 'nothing can be asked so')
}

function parseQuery(query: string, known: readonly string[]): { database?: string; volume?: string } {
  const parameters = [...new URLSearchParams(query)]
  for (const [name, value] of parameters) {
    if (!known.includes(name)) throw invalid(name, 'there is no such parameter')
    if (!isDatabaseName(value)) throw invalid(value, 'this is no name of a database or a volume')
  }
  return Object.fromEntries(parameters)
}

function invalid(subject: string, message: string): NiceBlobsError {
  return new NiceBlobsError('REQUEST_INVALID', message, {
    subject: JSON.stringify(subject.slice(0, 100)),
    hint: 'docs/agent.md lists what the agent answers',
  })
}
