import type { Readable } from 'node:stream'

export interface Answer {
  status: number
  headers: Readonly<Record<string, string | number>>
  body: string | Readable
}

export function json(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(value)}\n` }
}
