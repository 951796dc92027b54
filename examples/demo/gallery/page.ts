import { html, type Markup } from '../../../client/report/markup.ts'
import { PAGE_STYLE } from '../../../client/report/page-style.ts'
import { formatCount } from '../../../client/report/wording.ts'
import { formatBytes, formatDuration } from '../../../core/model/quantity.ts'
import { downloadsSection, photographsSection } from './blob-sections.ts'
import { harmfulSection, recordingSection, refusalsSection, youngSection } from './edge-sections.ts'
import type { Exhibition } from './exhibition.ts'
import { GALLERY_STYLE } from './style.ts'
import { clockTime, urlSection } from './url-section.ts'

export const STYLE = PAGE_STYLE + GALLERY_STYLE

/** One file without a script; all that it links to is the edge, and one blob of the application's own. */
export function renderGallery(exhibition: Exhibition): string {
  const { photographs, downloads, recording, harmful, refusals, young } = exhibition
  const hung = [...photographs, ...downloads, ...harmful, recording]
  const title = `${hung.length} blobs, straight from the edge`
  const [first] = photographs
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · nice-blobs</title><link rel="icon" href="data:,"><style>${{ markup: STYLE }}</style></head><body><main>
<header><p class="caption">nice-blobs, the gallery of the demo</p><h1>${title}</h1>
<p class="lead">This page came from the application, which decided that you may see it. The bytes do not pass through it:
each link is a signed URL, which opens one blob at the edge until it expires.</p></header>
${keyFigures(exhibition)}
${photographsSection(photographs)}
${downloadsSection(downloads)}
${recordingSection(recording)}
${first ? urlSection(first.saved, exhibition.time) : ''}
${refusalsSection(refusals)}
${harmfulSection(harmful)}
${youngSection(young)}
</main><footer>npm run demo -- --serve · bucket, edge, keys and secret are a sandbox on this machine, the edge as the template has it</footer></body></html>
`.markup
}

function keyFigures({
  photographs,
  downloads,
  harmful,
  recording,
  young,
  signing,
  time,
}: Exhibition): Markup {
  const hung = [...photographs, ...downloads, ...harmful, recording]
  const bytes = hung.reduce((sum, { size }) => sum + size, 0)
  const local = hung.filter(({ tier }) => tier !== 'bucket')
  const { url = '', expires = time } = recording.shown
  const { hostname, port } = new URL(url)
  return html`<dl class="key">
${figure('In the bucket', formatBytes(bytes), formatCount(hung.length, 'blob'))}
${figure('On this disk too', formatBytes(local.reduce((sum, { size }) => sum + size, 0)), formatCount(local.length, 'blob'))}
${figure('On this page', `${signing.urls} URLs`, `made in ${Math.max(1, Math.round(signing.milliseconds))} ms`)}
${figure('Good until', clockTime(expires), `UTC, for ${formatDuration(expires - time)} more`)}
${figure('Edge', `:${port}`, hostname)}
${figure('By the application', formatBytes(young.size), '1 blob, too young for the bucket')}</dl>`
}

function figure(name: string, value: string, detail: string): Markup {
  return html`<div><dt>${name}</dt><dd><strong>${value}</strong> ${detail}</dd></div>`
}
