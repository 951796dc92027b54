import type { ArchivePolicy, Keeping } from '../../core/model/archive-policy.ts'
import { DAY, formatDuration } from '../../core/model/quantity.ts'
import type { PlanReport } from '../../core/plan-report.ts'
import { html, type Markup } from './markup.ts'
import { table, tallyCells } from './table.ts'
import { ageLabel, ageRange, formatCount, sizeLabel, sizeRange } from './wording.ts'

export function keptSection({ kept, policy, strangers }: PlanReport): Markup {
  const rows = Object.entries(kept).map(([reason, tally]) => ({
    name: reasonOf(reason as Keeping, policy),
    cells: [tallyCells(tally)],
  }))
  return html`<section><h2>What stays, and why</h2>
${rows.length > 0 ? table(['reason', 'blobs', 'bytes'], rows) : html`<p>No blob has to stay.</p>`}
${strangers.count > 0 ? strangerList(strangers) : ''}</section>`
}

function reasonOf(reason: Keeping, policy: ArchivePolicy): string {
  const reasons: Record<Keeping, string> = {
    'too young': `younger than ${ageLabel(policy.minAge / DAY)}`,
    'too small': `smaller than ${sizeLabel(policy.minSize)}`,
    'changed lately': `changed in the last ${formatDuration(policy.quiet)}: its transaction may not be sure yet`,
    'from the future': 'dated later than now: some clock was wrong',
    empty: 'empty: more often the trace of a crash than a blob',
  }
  return reasons[reason]
}

function strangerList({ count, some }: PlanReport['strangers']): Markup {
  const more = count > some.length ? html`<li>and ${formatCount(count - some.length)} more</li>` : ''
  return html`<p>No blobs of this layout, and left alone (${formatCount(count)}):</p>
<ul>${some.map(path => html`<li><code>${path}</code></li>`)}${more}</ul>`
}

export function reckoningSection({ policy, prices }: PlanReport): Markup {
  const { standard, frequent, archiveInstant, disk, indexStorage, monitoring, put, indexWrite } = prices
  const quiet = policy.quiet > 0 ? `, left alone for ${formatDuration(policy.quiet)}` : ''
  return html`<section><h2>How this was reckoned</h2><dl class="terms">
<dt>Policy</dt><dd>${ageRange(policy.minAge / DAY)}, ${sizeRange(policy.minSize)}${quiet}. A blob’s age counts from its tid.</dd>
<dt>Counting</dt><dd>Every file was counted. The thresholds are edges of classes, so the figures at them are exact.</dd>
<dt>Cost</dt><dd>One copy in the bucket and its index, without replica and reads. From 128 KiB on a blob becomes cheaper
 once nobody has read it for 90 days; a smaller one keeps the standard price.</dd>
<dt>Prices</dt><dd>${prices.source}. As of ${prices.asOf}, in US dollars per GB and month: storage ${standard}, from
 128 KiB on ${frequent} and once cold ${archiveInstant}, index ${indexStorage}, disk ${disk}. Per 1,000: monitoring
 ${monitoring} a month, upload ${put}, index row ${indexWrite}.</dd></dl></section>`
}
