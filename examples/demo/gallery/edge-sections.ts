import { STATUS_CODES } from 'node:http'
import { html, type Markup } from '../../../client/report/markup.ts'
import { formatCount } from '../../../client/report/wording.ts'
import { formatBytes } from '../../../core/model/quantity.ts'
import { formatRef } from '../../../core/model/ref.ts'
import type { TrueBlob } from '../fixture.ts'
import type { Answer } from './ask-edge.ts'
import type { Exhibition } from './exhibition.ts'
import type { Refusal } from './refusals.ts'

export function recordingSection({ shown, saved, title, size, part }: Exhibition['recording']): Markup {
  return html`<section><h2>A recording, played from anywhere</h2>
<p class="caption">Drag the slider: a player asks for the part that it needs, and the edge answers it from the same signed URL.</p>
<div class="beside"><div><audio controls preload="metadata" src="${shown.url}"></audio>
<p class="caption">${title}, ${formatBytes(size)} · <a href="${saved.url}">Save</a></p></div>${transcript(part)}</div></section>`
}

export function refusalsSection(refusals: readonly Refusal[]): Markup {
  return html`<section><h2>What opens nothing</h2>
<p class="caption">A link is good for what it was made for, and until it expires. These are refused; follow them.</p>
<table class="files"><thead><tr><th>A link</th><th>The edge answers</th></tr></thead><tbody>
${refusals.map(
  ({ what, url, answer }) => html`<tr><td><a href="${url}">${what}</a></td><td>${status(answer)}</td></tr>\n`,
)}</tbody></table></section>`
}

export function harmfulSection(harmful: Exhibition['harmful']): Markup {
  const [worst] = harmful
  return html`<section><h2>${formatCount(harmful.length, 'upload')} that would run a script, saved</h2>
<p class="caption">The application asked for <code>inline</code>. That is given only to pictures, sounds and films whose bytes say the same as
their name, and nothing else besides; and should a browser open one all the same, it does so in a sandbox.</p>
<table class="files"><thead><tr><th>Upload</th><th class="less">Said to be</th><th>Comes as</th></tr></thead><tbody>
${harmful.map(
  ({ title, filename, contentType, shown }) =>
    html`<tr><td><a href="${shown.url}">${filename}</a><span>${title}</span></td><td class="less">${contentType}</td><td>${shown.disposition}</td></tr>\n`,
)}</tbody></table>${worst ? transcript(worst.answer) : ''}</section>`
}

/** By the application's own route. */
export function youngSection(young: TrueBlob): Markup {
  const href = `/blobs/${formatRef(young)}`
  return html`<section class="young-one"><h2>Too young for the edge</h2><div class="beside"><a href="${href}"><img src="${href}" alt="${young.title}"></a>
<div><p class="caption">This one was uploaded a moment ago, and is not archived before it is a day old. So it has no signed URL yet:
<code>url(ref)</code> answers <code>undefined</code>, and the application links to its own route, which opens it from the volume.
Tomorrow the same page links to the edge.</p>
<p class="caption">${young.filename}, ${formatBytes(young.size)} · <span class="tier young">volume</span></p></div></div></section>`
}

function transcript({ asked, headers, ...answer }: Answer): Markup {
  return html`<pre><span class="asked">${asked}</span>\n\n${status(answer)}\n<span class="told">${headers
    .map(header => header.join(': '))
    .join('\n')}</span></pre>`
}

function status({ status: code, refusal }: Pick<Answer, 'status' | 'refusal'>): Markup {
  return html`<span class="${code < 400 ? 'ok' : 'refused'}">${code} ${STATUS_CODES[code] ?? ''}</span>${refusal ? `, ${refusal}` : ''}`
}
