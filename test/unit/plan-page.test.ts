import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { headline } from '../../client/report/headline.ts'
import { renderPlanPage } from '../../client/report/plan-page.ts'
import {
  type ArchivePolicy,
  count,
  judge,
  type Tally,
  type VolumeFile,
} from '../../core/model/archive-policy.ts'
import { DAY, formatBytes } from '../../core/model/quantity.ts'
import { byAge, bySize, DEFAULT_PRICES, estimateCost, isTiered } from '../../core/model/storage-cost.ts'
import { timeToTid } from '../../core/model/tid.ts'
import { createHistogram, growth } from '../../core/model/volume-histogram.ts'
import type { PlanReport } from '../../core/plan-report.ts'

const NOW = Date.UTC(2026, 10, 24, 9, 30)
const YEAR = 365.25 * DAY
const POLICY: ArchivePolicy = { minAge: 30 * DAY, minSize: 128 * 1024, quiet: 15 * 60_000, allowEmpty: false }
const NASTY = `/srv/"><script>alert('x')</script>&amp;`

function file(age: number, size: number): VolumeFile {
  return { ref: { oid: '0000000000000001', tid: timeToTid(NOW - age) }, size, changed: NOW - Math.abs(age) }
}

/** The report of a volume with these files, without a volume. */
function reportOn(files: Iterable<VolumeFile>, policy = POLICY, directory = '/srv/blobs'): PlanReport {
  const filling = createHistogram(NOW)
  const leaves: Tally = { blobs: 0, bytes: 0 }
  const tiered: Tally = { blobs: 0, bytes: 0 }
  const kept: PlanReport['kept'] = {}
  const leave = (tally: Tally, size: number) => {
    tally.blobs += 1
    tally.bytes += size
  }
  for (const file of files) {
    filling.add(file)
    const reason = judge(file, policy, NOW)
    if (reason !== 'due') count(kept, reason, file.size)
    else for (const tally of isTiered(file.size) ? [leaves, tiered] : [leaves]) leave(tally, file.size)
  }
  const histogram = filling.finish()
  return {
    ...{ directory, layout: 'bushy', time: NOW, policy, prices: DEFAULT_PRICES, leaves, kept },
    total: histogram.total,
    cost: estimateCost(leaves, tiered, DEFAULT_PRICES),
    byAge: byAge(histogram, DEFAULT_PRICES),
    bySize: bySize(histogram, DEFAULT_PRICES),
    growth: growth(histogram),
    strangers: { count: 12, unreadable: 0, some: [`${directory}/.DS_Store (file of another name)`] },
  }
}

/** Photos with their previews, more of them every year; the same ones on every run. */
function* photos(blobs: number, years: number): Generator<VolumeFile> {
  let seed = 42
  const random = () => {
    seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32
    return seed / 2 ** 32
  }
  for (let i = 0; i < blobs; i += 1) {
    const age = years * YEAR * (1 - Math.sqrt(random()))
    yield file(age, Math.round(random() < 0.86 ? 60_000 * random() : 47_000_000 * random()))
  }
}

const VOLUMES = {
  'without a blob': reportOn([]),
  'with only empty files': reportOn([file(100 * DAY, 0)]),
  'with a single blob': reportOn([file(3 * DAY, 70_000)]),
  'of sixty blobs': reportOn(photos(60, 0.6)),
  'of 650 GB and twelve years': reportOn(photos(200_000, 12)),
  'of twenty years': reportOn(photos(10_000, 20)),
}

function assertWellFormed(page: string): void {
  assert.doesNotMatch(page, /NaN|undefined|null|Infinity|\[object/)
  const open: string[] = []
  for (const [, closing, name = '', , itself] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)([^<>]*?)(\/?)>/g)) {
    if (closing) assert.equal(open.pop(), name)
    else if (!itself && name !== 'meta') open.push(name)
  }
  assert.deepEqual(open, [])
  for (const [, path = ''] of page.matchAll(/ d="([^"]*)"/g))
    for (const number of path.split(/[MLZ ]+/).filter(Boolean))
      assert.ok(Number(number) >= 0 && Number(number) <= 100, `${number} lies outside of the plot`)
}

for (const [name, report] of Object.entries(VOLUMES))
  test(`the page of a volume ${name} is well formed and needs nothing from elsewhere`, () => {
    const page = renderPlanPage(report)
    assertWellFormed(page)
    assert.doesNotMatch(page, /https?:|src=|href=|url\(|@import|<script/)
  })

test('the headline and the key figures are those of the report', () => {
  const report = VOLUMES['of 650 GB and twelve years']
  const page = renderPlanPage(report)
  assert.match(headline(report), /^\d+ GB of \d+ GB can leave; about \$\d+\.\d\d a month$/)
  assert.ok(page.includes(`<h1>${headline(report)}</h1>`))
  for (const bytes of [report.leaves.bytes, report.total.bytes - report.leaves.bytes])
    assert.ok(page.includes(`<strong>${formatBytes(bytes)}</strong>`))
  for (const dollars of Object.values(report.cost))
    assert.ok(page.includes(`<strong>$${dollars.toFixed(2)}</strong>`))
})

test('the headline tells nothing, little and everything apart', () => {
  const old = file(100 * DAY, 2e6)
  assert.equal(headline(reportOn([])), 'There are no blobs here')
  assert.equal(headline(reportOn([file(DAY, 2e6)])), 'Nothing of 2 MB can leave yet')
  assert.equal(headline(reportOn([old])), 'All 2 MB can leave; less than 1 cent a month')
  assert.equal(
    headline(reportOn([old, file(DAY, 1)])),
    'Nearly all of 2 MB can leave; less than 1 cent a month',
  )
})

test('each plot says in its title what it shows', () => {
  const small = Array.from({ length: 9 }, () => file(10 * DAY, 500))
  const page = renderPlanPage(reportOn([...small, file(3 * YEAR, 2 ** 20)]))
  const titles = [...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title = '']) =>
    title.replaceAll('\u00a0', ' '),
  )
  assert.deepEqual(titles.slice(0, 3), [
    'Blobs of 1 MiB and more are 10 % of the files and more than 99 % of the bytes',
    'Blobs at least 3 years old are more than 99 % of the bytes',
    '4.5 kB came in the last 12 months, less than 1 % of everything',
  ])
  assert.match(
    page,
    /<th scope="row">1 MiB and more<\/th><td>1<\/td><td title="1,048,576 bytes">1 MB<\/td><td>9</,
  )
})

test('more than fifteen years are told by the year', () => {
  assert.match(renderPlanPage(VOLUMES['of 650 GB and twelve years']), /Written per month/)
  assert.match(renderPlanPage(VOLUMES['of twenty years']), /Written per year/)
})

test('whatever comes from outside is text', () => {
  const page = renderPlanPage(reportOn(photos(60, 1), POLICY, NASTY))
  const escaped = '/srv/&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;'
  assertWellFormed(page)
  assert.ok(!page.includes('<script'))
  assert.ok(page.includes(`${escaped}</title>`))
  assert.ok(page.includes(`<code>${escaped}/.DS_Store`))
})

test('any volume under any policy gives a well-formed page', () => {
  const anyFile = fc
    .tuple(fc.integer({ min: -40, max: 9000 }), fc.oneof(fc.nat(3), fc.nat(300_000), fc.nat()))
    .map(([days, size]) => file(days * DAY, size))
  const anyPolicy = fc
    .tuple(fc.nat(5000), fc.oneof(fc.nat(), fc.constant(2 ** 34)))
    .map(([days, minSize]) => ({ ...POLICY, minAge: (days * DAY) / 2, minSize }))
  const anyDirectory = fc.string({ unit: fc.constantFrom(...`<>"'&/a`) })
  const anyReport = fc.tuple(fc.array(anyFile), anyPolicy, anyDirectory).map(args => reportOn(...args))
  fc.assert(fc.property(anyReport, report => assertWellFormed(renderPlanPage(report))))
})
