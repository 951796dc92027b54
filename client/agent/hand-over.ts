import { relative } from 'node:path'
import type { Config } from '../../core/model/config.ts'
import { plainName } from '../../core/model/file-name.ts'
import type { DeliverRequest } from './request.ts'

/**
 * The header that has the server in front send the file at a path; undefined for one outside the cache directory, in which
 * the path of every ref is (I12) unless there is trouble with it.
 */
export type HandOver = (path: string, request: DeliverRequest) => Readonly<Record<string, string>> | undefined

export function createHandOver({ sendfile, accelPrefix }: Config['agent'], directory: string): HandOver {
  return (path, request) => {
    const below = relative(directory, path)
    if (below.startsWith('..')) return undefined
    // Both are decoded where they arrive.
    if (sendfile === 'X-Sendfile') return { 'x-sendfile': encodePath(path) }
    return { 'x-accel-redirect': `${accelPrefix}${encodePath(below)}?${queryOf(request)}` }
  }
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}

/** With it nginx asks again for a file that was released in the meantime, and gets no path then. */
function queryOf({ database, wanted, address }: DeliverRequest): URLSearchParams {
  const { filename, disposition, contentType } = wanted
  const all = {
    database,
    filename: plainName(filename ?? ''),
    disposition,
    type: contentType,
    address,
    sendfile: 'off',
  }
  return new URLSearchParams(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
