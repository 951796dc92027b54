import type { Tally } from '../../core/model/archive-policy.ts'
import { formatBytes } from '../../core/model/quantity.ts'
import type { PlanReport } from '../../core/plan-report.ts'
import { growthFigure } from './growth-figure.ts'
import { headline } from './headline.ts'
import { html, type Markup } from './markup.ts'
import { PAGE_STYLE } from './page-style.ts'
import { keptSection, reckoningSection } from './reckoning.ts'
import { ageFigure, sizeFigure } from './threshold-figure.ts'
import { formatCount, formatMoney } from './wording.ts'

/** One file that needs nothing else: no script, no font, no image. */
export function renderPlanPage(report: PlanReport): string {
  const { total, directory, layout } = report
  const date = new Date(report.time)
  const day = date.toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
  const minute = date.toISOString().slice(0, 16).replace('T', ' ')
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${headline(report)} · ${directory}</title><style>${{ markup: PAGE_STYLE }}</style></head><body><main>
<header><p class="caption">${directory}, ${day}</p><h1>${headline(report)}</h1></header>
${total.blobs > 0 ? keyFigures(report) : ''}
${total.bytes > 0 ? [sizeFigure(report), ageFigure(report), growthFigure(report)] : ''}
${keptSection(report)}
${reckoningSection(report)}
</main><footer>nice-blobs plan ${directory} · ${layout} layout · ${minute} UTC</footer></body></html>
`
  return page.markup
}

function keyFigures({ leaves, total, cost }: PlanReport): Markup {
  const stays = { blobs: total.blobs - leaves.blobs, bytes: total.bytes - leaves.bytes }
  const share = total.bytes > 0 ? (100 * leaves.bytes) / total.bytes : 0
  return html`<div class="split"><div style="width:${share.toFixed(2)}%"></div></div><dl class="key">
<div class="leaves">${tallyFigure('Can leave', leaves)}</div>
<div class="stays">${tallyFigure('Stays', stays)}</div>
<div>${keyFigure('On disk', formatMoney(cost.onDisk), 'a month per copy, the same bytes')}</div>
<div>${keyFigure('In the bucket', formatMoney(cost.firstMonth), 'in the first month')}</div>
<div>${keyFigure('Once cold', formatMoney(cost.onceCold), 'a month, unread for 90 days')}</div>
<div>${keyFigure('The move itself', formatMoney(cost.once), 'once')}</div></dl>`
}

function tallyFigure(name: string, { blobs, bytes }: Tally): Markup {
  return keyFigure(name, formatBytes(bytes), formatCount(blobs, 'blob'))
}

function keyFigure(name: string, value: string, detail: string): Markup {
  return html`<dt>${name}</dt><dd><strong>${value}</strong> ${detail}</dd>`
}
