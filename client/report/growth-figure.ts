import { formatBytes } from '../../core/model/quantity.ts'
import type { PlanReport } from '../../core/plan-report.ts'
import { area, bars, byteTicks, dots, plot } from './chart.ts'
import { growthFinding } from './finding.ts'
import { html, type Markup } from './markup.ts'
import { byteCell, figuresAsTable, tallyCells } from './table.ts'
import { formatCount } from './wording.ts'

const MOST_MONTHS = 180
const MOST_MONTHS_NAMED = 24
const MONTH = new Intl.DateTimeFormat('en', { month: 'short', year: 'numeric', timeZone: 'UTC' })

type Growth = PlanReport['growth']
type Period = Omit<Growth[number], 'month'> & { name: string; tick: string }

/** Wants bytes above zero, hence a month at least. */
export function growthFigure(report: PlanReport): Markup {
  const unit = report.growth.length > MOST_MONTHS ? 'year' : 'month'
  const periods = unit === 'year' ? yearsOf(report.growth) : monthsOf(report.growth)
  const most = periods.reduce((best, period) => (period.tally.bytes > best.tally.bytes ? period : best))
  const peak = `at most ${formatBytes(most.tally.bytes)} in ${most.name}`
  const title = growthFinding(report)
  const body = periods.map(({ name, tally, bytesSoFar }) => ({
    name,
    cells: [tallyCells(tally), byteCell(bytesSoFar)],
  }))
  return html`<section><h2>${title}</h2>
<p class="caption">What is on the disk today, by the time it was written. What was deleted since is not in it.</p>
${growthPlot(periods, report.total.bytes)}
<p class="caption">Written per ${unit}, ${peak}. The last ${unit} may not be over.</p>
${writtenPlot(periods, most.tally.bytes)}
${figuresAsTable([unit, 'blobs written', 'bytes written', 'bytes so far'], body)}</section>`
}

function growthPlot(periods: readonly Period[], top: number): Markup {
  const points = periods.map(({ name, bytesSoFar }, i) => ({
    x: (i + 1) / periods.length,
    y: bytesSoFar / top,
    tip: `${formatBytes(bytesSoFar)} by the end of ${name}`,
  }))
  const layers = [area([{ x: 0, y: 0 }, ...points]), ...dots(points, 1 / periods.length)]
  const label = 'Bytes on the disk by the time they were written, added up'
  return plot({ label, height: 220, across: [], up: byteTicks(top), layers })
}

function writtenPlot(periods: readonly Period[], top: number): Markup {
  const points = periods.map(({ name, tally }, i) => ({
    x: i / periods.length,
    y: tally.bytes / top,
    tip: `${name}: ${formatBytes(tally.bytes)} in ${formatCount(tally.blobs, 'file')}`,
  }))
  const across = periods.flatMap(({ tick }, i) =>
    tick ? { at: (i + 0.5) / periods.length, label: tick } : [],
  )
  const layers = bars(points, 1 / periods.length)
  return plot({
    label: 'Bytes by the time they were written',
    height: 110,
    across,
    up: byteTicks(top),
    layers,
  })
}

function monthsOf(growth: Growth): Period[] {
  return growth.map(({ month, ...written }) => {
    const name = MONTH.format(new Date(`${month}-01`))
    const year = month.endsWith('-01') ? month.slice(0, 4) : ''
    return { name, tick: growth.length > MOST_MONTHS_NAMED ? year : name, ...written }
  })
}

function yearsOf(growth: Growth): Period[] {
  const years = new Map<string, Period>()
  for (const { month, tally, bytesSoFar } of growth) {
    const name = month.slice(0, 4)
    const { blobs, bytes } = years.get(name)?.tally ?? { blobs: 0, bytes: 0 }
    const sum = { blobs: blobs + tally.blobs, bytes: bytes + tally.bytes }
    years.set(name, { name, tick: name, tally: sum, bytesSoFar })
  }
  return [...years.values()]
}
