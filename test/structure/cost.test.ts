import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { METRIC_UNITS, SCHEDULE_UNITS } from '../../core/model/metric-names.ts'

/** docs/cost.md is held to its own prices: what it says in words is reckoned here. */

const text = readFileSync(new URL('../../docs/cost.md', import.meta.url), 'utf8')
const prices = Object.fromEntries(
  [...text.matchAll(/^\| `(\w+)` \|.*\| ([\d.]+) \|$/gm)].map(([, name, price]) => [name, Number(price)]),
)
const of = (name: string): number => {
  const price = prices[name]
  assert.ok(price !== undefined, name)
  return price
}

interface Stock {
  /** From 128 KiB. */
  large: { blobs: number; gigabytes: number }
  small: { blobs: number; gigabytes: number }
}

/** Once, a month at first, a month once cold: dollars. */
type Bill = readonly [number, number, number]

const blobsOf = ({ large, small }: Stock) => large.blobs + small.blobs
const rows = (stock: Stock) => (blobsOf(stock) * 300) / 1e9

function storage({ large, small }: Stock): [number, number] {
  const standing = small.gigabytes * of('standard') + (large.blobs / 1000) * of('monitoring')
  return [standing + large.gigabytes * of('frequent'), standing + large.gigabytes * of('archiveInstant')]
}

function bucketAndIndex(stock: Stock): Bill {
  const once = (blobsOf(stock) / 1000) * (of('put') + of('indexWrite'))
  const index = rows(stock) * (of('indexStorage') + of('pointInTime'))
  const [first, cold] = storage(stock)
  return [once, first + index, cold + index]
}

function replica(stock: Stock): Bill {
  const gigabytes = stock.large.gigabytes + stock.small.gigabytes
  return [(blobsOf(stock) / 1000) * of('put') + gigabytes * of('betweenRegions'), ...storage(stock)]
}

function watching(stock: Stock): Bill {
  const inventories = 2 * 30 * (blobsOf(stock) / 1e6) * of('inventory')
  const hourly = Object.keys(SCHEDULE_UNITS).length
  const daily = Object.keys(METRIC_UNITS).length - hourly
  const metrics = 4 * of('replicationMetric') + (hourly + daily / 24) * of('metric')
  const month = 23 * of('alarm') + metrics + of('dashboard') + inventories
  return [0, month, month]
}

/** Ten seconds of a gigabyte an hour. */
function schedule(): Bill {
  const month = ((365 * 24) / 12) * 10 * of('functionSecond')
  return [0, month, month]
}

const SHARDS = 64
const KEPT_DAYS = 400

/** A report a week, ten revisions for each blob, one blob of a hundred a month, a second for each shard, two minutes a sweep. */
function garbage(stock: Stock): Bill {
  const days = 365 / 12
  const reports = days / 7
  const swept = blobsOf(stock) / 100
  const units = (blobsOf(stock) * 300) / 4096 / 2
  const bucket = (reports * (SHARDS + 1) * of('put') + 4 * swept * of('get')) / 1000
  const kept = (((KEPT_DAYS / 7) * 10 * blobsOf(stock) * 16) / 1e9) * of('standard')
  const reading = ((2 * reports + days) * units * of('indexRead')) / 1000
  const writing = ((3 * swept + 140 * reports) * of('indexWrite')) / 1000
  const running = (reports * 2 * SHARDS * 1 + days * 120) * of('functionSecond')
  const month = bucket + kept + reading + writing + running
  return [0, month, month]
}

/** A million requests for 100 GB a month, of which one in twenty is a miss; 600 bytes of log for each. */
function delivery(): Bill {
  const requests = 1e6
  const logged = (requests * 600) / 1e9
  const edge = (requests / 10_000) * of('edgeRequest') + 100 * of('edgeTransfer') + logged * of('edgeLog')
  const kept = logged * (KEPT_DAYS / (365 / 12)) * of('standard')
  const month = edge + kept + (requests / 20 / 1000) * of('get') + of('secret')
  return [0, month, month]
}

const NOTHING = { blobs: 0, gigabytes: 0 }
const MILLION: Stock = { large: { blobs: 1e6, gigabytes: 0 }, small: NOTHING }
const TERABYTE: Stock = { large: { blobs: 0, gigabytes: 1000 }, small: NOTHING }
const SITE: Stock = { large: { blobs: 1e6, gigabytes: 640 }, small: { blobs: 300_000, gigabytes: 10 } }
const together = (...bills: Bill[]): Bill => bills.reduce((a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]])

/** What the README says of the whole, in dollars a month. */
const README = /\$(\d+) a month at first and \$(\d+) once cold/.exec(
  readFileSync(new URL('../../README.md', import.meta.url), 'utf8'),
)

function told(row: string): number[] {
  const [, cells = ''] = new RegExp(`^\\| (?:\\*\\*)?${row}(?:\\*\\*)? \\|(.*)\\|$`, 'm').exec(text) ?? []
  return cells.split('|').map(cell => Number(cell.replaceAll('*', '').trim()))
}

describe('the cost page', () => {
  const bills: [string, Bill][] = [
    ['a million blobs', bucketAndIndex(MILLION)],
    ['a TB', bucketAndIndex(TERABYTE)],
    ['replica: a million blobs', replica(MILLION)],
    ['replica: a TB', replica(TERABYTE)],
    ['the schedule, hourly', schedule()],
    ['garbage: a million blobs', garbage(MILLION)],
    ['delivery: a million requests, 100 GB', delivery()],
    ['bucket and index', bucketAndIndex(SITE)],
    ['replica', replica(SITE)],
    ['alarms, metrics, inventories, dashboard', watching(SITE)],
    ['the schedule', schedule()],
    ['garbage', garbage(SITE)],
    ['together', together(bucketAndIndex(SITE), replica(SITE), watching(SITE), schedule(), garbage(SITE))],
  ]
  for (const [row, bill] of bills)
    it(`reckons “${row}” by its own prices`, () => {
      const cells = told(row)
      assert.equal(cells.length, 3)
      for (const [index, amount] of bill.entries())
        assert.ok(Math.abs((cells[index] ?? 0) - amount) <= 0.0051, `${cells} for ${bill}`)
    })

  it('has what the README says in whole dollars', () => {
    const [, ...month] = told('together').map(Math.round)
    assert.deepEqual(README?.slice(1).map(Number), month)
  })
})
