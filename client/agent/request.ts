import type { Wanted } from '../../core/model/disposition.ts'
import { parseRef, type Ref } from '../../core/model/ref.ts'
import { databaseQuery, deliverQuery, invalid, parseQuery, urlQuery, volumeQuery } from './parameters.ts'

/**
 * What can be asked of the agent. `path` and `bytes` read; `archive` uploads what a volume has under the ref; `recall`
 * brings a blob back into a volume; `url` signs; `deliver` has the server in front send to a browser, but not a file
 * where `sendfile` is off, and by redirects that last where the application's `address` is fixed; `report` sends the live report
 * that is the body.
 */
export type AgentRequest = { kind: 'health' | 'metrics' } | ReportRequest | BlobRequest
interface ReportRequest {
  kind: 'report'
  database?: string | undefined
}
export type BlobRequest = VolumeRequest | UrlRequest | DeliverRequest
interface OfBlob {
  ref: Ref
  database?: string | undefined
}
export interface VolumeRequest extends OfBlob {
  kind: 'path' | 'bytes' | 'archive' | 'recall'
  volume?: string | undefined
}
export interface UrlRequest extends OfBlob {
  kind: 'url'
  wanted: Wanted
}
export interface DeliverRequest extends OfBlob {
  kind: 'deliver'
  wanted: Wanted
  /** That of the application: it leads to this blob for ever. */
  address?: 'fixed' | undefined
  sendfile?: 'off' | undefined
}

const ROUTES: readonly { methods: readonly string[]; path: RegExp; kind: BlobRequest['kind'] }[] = [
  { methods: ['GET'], path: /^\/v1\/blobs\/([^/]+\/[^/]+)\/path$/, kind: 'path' },
  { methods: ['GET'], path: /^\/v1\/blobs\/([^/]+\/[^/]+)$/, kind: 'bytes' },
  { methods: ['PUT'], path: /^\/v1\/blobs\/([^/]+\/[^/]+)\/object$/, kind: 'archive' },
  { methods: ['PUT'], path: /^\/v1\/blobs\/([^/]+\/[^/]+)\/file$/, kind: 'recall' },
  { methods: ['GET'], path: /^\/v1\/blobs\/([^/]+\/[^/]+)\/url$/, kind: 'url' },
  { methods: ['GET', 'HEAD'], path: /^\/v1\/blobs\/([^/]+\/[^/]+)\/deliver$/, kind: 'deliver' },
]

/** Nothing of a request reaches a path, a key or a log before it is parsed here. Throws REQUEST_INVALID or REF_INVALID. */
export function parseRequest(method: string, target: string): AgentRequest {
  const [, path = '', query = ''] = /^([^?]*)\??(.*)$/s.exec(target) ?? []
  if (method === 'GET' && path === '/healthz') return { kind: 'health' }
  if (method === 'GET' && path === '/metrics') return { kind: 'metrics' }
  if (method === 'PUT' && path === '/v1/reports')
    return { kind: 'report', ...parseQuery(query, databaseQuery) }
  for (const { methods, path: form, kind } of ROUTES) {
    const [, ref] = (methods.includes(method) && form.exec(path)) || []
    if (ref !== undefined) return parseBlobRequest(kind, parseRef(ref), query)
  }
  throw invalid(`${method} ${path}`, 'nothing can be asked so')
}

/** Whatever is wrong with it: the answer goes on to a browser. */
export function isForBrowser(target: string): boolean {
  return /^[^?]*\/deliver(?:[/?]|$)/.test(target)
}

function parseBlobRequest(kind: BlobRequest['kind'], ref: Ref, query: string): BlobRequest {
  if (kind !== 'url' && kind !== 'deliver') return { kind, ref, ...parseQuery(query, volumeQuery) }
  if (kind === 'url') {
    const { database, type, ...wanted } = parseQuery(query, urlQuery)
    return { kind, ref, database, wanted: { ...wanted, contentType: type } }
  }
  const { database, type, address, sendfile, ...wanted } = parseQuery(query, deliverQuery)
  return { kind, ref, database, address, sendfile, wanted: { ...wanted, contentType: type } }
}
