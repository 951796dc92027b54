import type { SignedUrl } from '../../../client/index.ts'
import { html, type Markup } from '../../../client/report/markup.ts'
import { formatDuration } from '../../../core/model/quantity.ts'

/** What becomes of each part of the query, in the order in which they come. */
const PARTS: Record<string, (value: string, time: number) => string> = {
  'response-content-disposition': () =>
    'What a browser does with it, and under which name; the bucket answers it as its header.',
  Expires: (value, time) => {
    const expires = Number(value) * 1000
    return `${clockTime(expires)} UTC, in ${formatDuration(expires - time)}; the same for everybody who asks within this hour.`
  },
  Signature: () => 'Of all the rest. Whoever changes a letter anywhere is refused.',
  'Key-Pair-Id': () =>
    'The public key that the edge verifies with. It has two at the most: one signs, one waits.',
  'Hash-Algorithm': () => 'What was signed is a hash of this kind.',
}

/** Hours and minutes, UTC. */
export function clockTime(time: number): string {
  return new Date(time).toISOString().slice(11, 16)
}

/** A signed URL taken to pieces. */
export function urlSection({ url }: SignedUrl, time: number): Markup {
  const [address = '', query = ''] = url.split('?')
  const { origin } = new URL(url)
  const parts = query.split('&').map(part => part.split('=') as [string, string])
  return html`<section><h2>What a link says</h2>
<code class="url">${address.slice(0, origin.length)}<b>${address.slice(origin.length)}</b>${parts.map(
    ([name, value], i) => html`${i === 0 ? '?' : '&'}<b>${name}</b>=${value}`,
  )}</code>
<dl class="parts"><dt><code>${address.slice(origin.length, origin.length + 12)}…</code></dt><dd>One blob, by its database, oid and tid. The key opens no other database’s.</dd>
${parts.map(([name, value]) => html`<dt><code>${name}</code></dt><dd>${PARTS[name]?.(value, time) ?? ''}</dd>\n`)}</dl></section>`
}
