import type { SignedUrl } from '../../../client/index.ts'
import { html, type Markup } from '../../../client/report/markup.ts'
import { formatCount } from '../../../client/report/wording.ts'
import { formatBytes } from '../../../core/model/quantity.ts'
import type { Hung } from './exhibition.ts'
import { clockTime } from './url-section.ts'

export function photographsSection(photographs: readonly Hung[]): Markup {
  return html`<section><h2>${formatCount(photographs.length, 'photograph')}, shown</h2>
<p class="caption">The source of each is a signed URL. They are the same for everybody for an hour, so that browsers find them in their
own cache: go to another page and come back.</p>
<div class="photographs">${photographs.map(photograph)}</div></section>`
}

function photograph({ title, size, tier, shown, saved }: Hung): Markup {
  return html`<figure><a href="${shown.url}" title="${until(shown)}"><img src="${shown.url}" alt="${title}"></a>
<figcaption>${title}<span>${formatBytes(size)} ${tierName(tier)} <a href="${saved.url}" title="${until(saved)}">Save</a></span></figcaption></figure>\n`
}

export function downloadsSection(downloads: readonly Hung[]): Markup {
  return html`<section><h2>${formatCount(downloads.length, 'download')}, each under its name</h2>
<p class="caption">An application calls a blob what it likes, umlauts, quotes and emoji among it; the name is part of what is signed. What
could mislead, such as a mark that turns the direction of writing, is taken out.</p>
<table class="files"><thead><tr><th>Name</th><th>Tier</th><th>Good until, UTC</th></tr></thead><tbody>
${downloads.map(download)}</tbody></table></section>`
}

function download({ title, filename, size, tier, saved }: Hung): Markup {
  return html`<tr><td><a href="${saved.url}"><bdi>${spellMarks(filename)}</bdi></a><span>${title}, ${formatBytes(size)}</span></td>
<td>${tierName(tier)}</td><td>${clockTime(saved.expires)}</td></tr>\n`
}

function until({ expires }: SignedUrl): string {
  return `good until ${clockTime(expires)} UTC`
}

/** Marks that turn the direction of writing, which nobody sees, and which would turn this page's, too. */
function spellMarks(name: string): string {
  return name.replace(/\p{Bidi_Control}/gu, mark => `[U+${mark.charCodeAt(0).toString(16).toUpperCase()}]`)
}

function tierName(tier: Hung['tier']): Markup {
  return html`<span class="tier${tier === 'bucket' ? '' : ' local'}">${tier}</span>`
}
