import { DAY, formatBytes } from '../../core/model/quantity.ts'
import type { Threshold } from '../../core/model/storage-cost.ts'
import type { PlanReport } from '../../core/plan-report.ts'
import { area, byteTicks, dots, note, type Point, plot, rule } from './chart.ts'
import { ageFinding, type Finding, sizeFinding } from './finding.ts'
import { html, type Markup } from './markup.ts'
import { figuresAsTable, type Row, tallyCells } from './table.ts'
import * as words from './wording.ts'

const COLUMNS = ['blobs leave', 'bytes leave', 'blobs stay', 'bytes stay', 'first month', 'a month once cold']

/** The disk freed against one thing a policy asks for: how large, or how old. */
interface Figure {
  finding: Finding
  caption: string
  axis: string
  rows: readonly Threshold[]
  policy: number
  label(threshold: number): string
  range(threshold: number): string
}

export function sizeFigure(report: PlanReport): Markup {
  const figure = {
    finding: sizeFinding(report),
    caption:
      'Disk freed by moving every blob from this size on, whatever its age; the policy minds both. The thin line counts files.',
    axis: 'smallest blob that leaves',
    rows: report.bySize,
    policy: report.policy.minSize,
    label: words.sizeLabel,
    range: words.sizeRange,
  }
  const files = curve(figure, report, ({ leaves }) => leaves.blobs / report.total.blobs)
  return draw(figure, report, [area(files, false), noteOf(figure, files, 'files')])
}

export function ageFigure(report: PlanReport): Markup {
  const figure = {
    finding: ageFinding(report),
    caption: 'Disk freed by moving every blob from this age on, whatever its size; the policy minds both.',
    axis: 'youngest blob that leaves',
    rows: report.byAge,
    policy: report.policy.minAge / DAY,
    label: words.ageLabel,
    range: words.ageRange,
  }
  return draw(figure, report, [])
}

function draw(figure: Figure, report: PlanReport, extra: readonly Markup[]): Markup {
  const { finding, caption, axis, rows, label } = figure
  const points = curve(figure, report, ({ leaves }) => leaves.bytes / report.total.bytes)
  const drawing = plot({
    label: `${finding.title}. ${caption}`,
    height: 280,
    across: points.map(({ x }, i) => ({ at: x, label: label(rows[i]?.threshold ?? 0) })),
    up: byteTicks(report.total.bytes),
    layers: [
      area(points),
      ...extra,
      ...dots(points, 1 / (rows.length - 1)),
      noteOf(figure, points, 'bytes'),
      rule(policyMark(figure, report)),
    ],
  })
  return html`<section><h2>${finding.title}</h2><p class="caption">${caption}</p>${drawing}
<p class="axis">${axis}</p>${figuresAsTable(
    [axis, ...COLUMNS],
    rows.map(row => tableRow(figure, row)),
  )}</section>`
}

function curve({ rows, range }: Figure, { total }: PlanReport, height: (row: Threshold) => number): Point[] {
  return rows.map((row, i) => {
    const leaves = `${formatBytes(row.leaves.bytes)} of ${formatBytes(total.bytes)} leave`
    const cost = `${words.aboutMoney(row.cost.firstMonth)} a month`
    const tip = `${range(row.threshold)}: ${leaves} in ${words.formatCount(row.leaves.blobs, 'file')}, ${cost}`
    return { x: i / (rows.length - 1), y: height(row), tip }
  })
}

function noteOf({ rows, finding }: Figure, points: readonly Point[], what: string): Markup {
  const point = points.find((_, i) => rows[i] === finding.at)
  return point ? note({ ...point, tip: `${words.formatShare(point.y, 1)} of the ${what}` }) : html``
}

function policyMark({ rows, policy, label, range }: Figure, { leaves, total }: PlanReport): Point {
  const tip = `this policy: ${policy === 0 ? range(0) : label(policy)}, ${formatBytes(leaves.bytes)}`
  return { x: placeOf(policy, rows), y: leaves.bytes / total.bytes, tip }
}

function tableRow({ range }: Figure, { threshold, leaves, stays, cost }: Threshold): Row {
  const money = [cost.firstMonth, cost.onceCold].map(dollars => html`<td>${words.formatMoney(dollars)}</td>`)
  return { name: range(threshold), cells: [tallyCells(leaves), tallyCells(stays), ...money] }
}

/** Every class is as wide as the next, whatever lies between its edges. */
function placeOf(value: number, rows: readonly Threshold[]): number {
  const next = rows.findIndex(({ threshold }) => threshold > value)
  const [from, to] = [rows[next - 1]?.threshold, rows[next]?.threshold]
  if (from === undefined || to === undefined) return 1
  return (next - 1 + (value - from) / (to - from)) / (rows.length - 1)
}
