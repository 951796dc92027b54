import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { inParallel } from '../../core/in-parallel.ts'
import { formatRef } from '../../core/model/ref.ts'
import { withAgent } from '../flows/agent-setting.ts'
import { hashTree, plantBlob, refNumber } from '../flows/setting.ts'
import { filesBelow } from './audit.ts'
import { bound } from './bounds.ts'

const REQUESTS = bound(50_000, 1_000_000)
const AT_A_TIME = 32

/** Ids, pieces of ids, and what reaches for other places. */
const PIECES = [
  '0000000000000001',
  '03d16b1a8e000000',
  '0'.repeat(15),
  '0'.repeat(17),
  'FFFFFFFFFFFFFFFF',
  '..',
  '.',
  '%2e%2e',
  '%2F',
  '%00',
  '/',
  '//',
  '/path',
  '/file',
  '/object',
  '/url',
  '/deliver',
  '?filename=%0d%0aX-Accel-Redirect:%20/etc/passwd',
  '&disposition=inline&type=image/png',
  '?database=main',
  '?database=../other',
  '&volume=blobs',
  '&volume=%2e%2e%2f',
  'etc/passwd',
  'v1/blobs',
  '/v1/blobs/',
  '\u00ff',
]
const ENDS = [
  '',
  '/path',
  '/object',
  '/file',
  '/url',
  '/deliver',
  '/deliver?filename=%2e%2e%2fa',
  '/deliver?sendfile=off',
]
const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH']

describe('the agent’s socket', () => {
  it(`answers ${REQUESTS} ids and malformed requests, and touches nothing outside cache and volume (I9)`, async test => {
    const { base, config, ask, volume, troubles } = await withAgent(test, { readOnly: true })
    plantBlob(volume, refNumber(1), 'the blob')
    const before = hashTree(volume.directory)
    const agent = new Agent({ keepAlive: true, maxSockets: AT_A_TIME })
    const statuses: Record<number, number> = {}
    const { socket: socketPath } = config.agent
    const ask1 = (number: number) =>
      new Promise<void>((resolve, reject) => {
        const asked = request(
          { socketPath, agent, method: methodOf(number), path: targetOf(number) },
          reply => {
            const status = reply.statusCode ?? 0
            statuses[status] = (statuses[status] ?? 0) + 1
            reply.resume().on('end', resolve).on('error', reject)
          },
        )
        asked.on('error', reject)
        asked.end()
      })
    await inParallel(Array(REQUESTS).keys(), AT_A_TIME, ask1)
    agent.destroy()
    console.log(JSON.stringify(statuses))
    assert.deepEqual(Object.keys(statuses).sort(), ['200', '400', '404', '503'])
    // Those that only an agent that may write answers.
    assert.deepEqual([...new Set(troubles.map(({ code }) => code))].sort(), ['ACCESS_DENIED'])
    assert.equal((await ask('/healthz')).status, 200)
    assert.deepEqual(hashTree(volume.directory), before)
    const outside = filesBelow(base).filter(path => !/^(blobs|cache|sandbox|run)\//.test(path))
    assert.deepEqual(outside, [])
    assert.deepEqual(filesBelow(join(base, 'cache', 'v1')).filter(path => path.endsWith('.blob')).length, 1)
  })
})

const pick = <T>(list: readonly T[], number: number) => list[Math.abs(number) % list.length] as T

function methodOf(number: number): string {
  return number % 3 === 0 ? pick(METHODS, number / 3) : 'GET'
}

/** Every fourth an id of a blob that is not there; every eighth the one that is. */
function targetOf(number: number): string {
  if (number % 4 === 0) {
    const ref = number % 8 === 0 ? refNumber(1) : refNumber(1 + number)
    return `/v1/blobs/${formatRef(ref)}${pick(ENDS, number >> 3)}`
  }
  // A walk through all pieces that repeats late.
  const length = 1 + (number % 6)
  const pieces = Array.from({ length }, (_, place) =>
    pick(PIECES, (number * 7919 + place * 104_729) >> (place % 5)),
  )
  return encodeURI(
    `${number % 5 === 0 ? '' : '/v1/blobs/'}${pieces.join(number % 2 === 0 ? '/' : '')}` || '/',
  )
}
