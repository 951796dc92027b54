import type { Tally } from '../../core/model/archive-policy.ts'
import { formatBytes } from '../../core/model/quantity.ts'
import { html, type Markup } from './markup.ts'
import { formatCount } from './wording.ts'

export interface Row {
  name: string
  cells: readonly Markup[]
}

/** What a plot shows, for those who want the figure itself or cannot see the plot. */
export function figuresAsTable(head: readonly string[], rows: readonly Row[]): Markup {
  return html`<details><summary>The figures as a table</summary>${table(head, rows)}</details>`
}

export function table(head: readonly string[], rows: readonly Row[]): Markup {
  return html`<div class="scroll"><table><thead><tr>${head.map(name => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map(({ name, cells }) => html`<tr><th scope="row">${name}</th>${cells}</tr>\n`)}</tbody></table></div>`
}

export function tallyCells({ blobs, bytes }: Tally): Markup {
  return html`<td>${formatCount(blobs)}</td>${byteCell(bytes)}`
}

export function byteCell(bytes: number): Markup {
  return html`<td title="${formatCount(bytes, 'byte')}">${formatBytes(bytes)}</td>`
}
