import { formatBytes } from '../../core/model/quantity.ts'
import { html, type Markup } from './markup.ts'

const MOST_LABELS = 16

/**
 * Everything is placed in percent of the plot, so that a chart takes any width while its text keeps its size. Only paths
 * know no percent; they are stretched by an inner svg.
 */

/** From 0 to 1: to the right, and up. */
export interface Point {
  x: number
  y: number
  tip: string
}

export interface Tick {
  at: number
  label: string
}

interface Plot {
  label: string
  height: number
  across: readonly Tick[]
  up: readonly Tick[]
  layers: readonly Markup[]
}

export function plot({ label, height, across, up, layers }: Plot): Markup {
  const every = Math.ceil(across.length / MOST_LABELS)
  const labels = across.filter((_, i) => i % every === 0)
  return html`<div class="plot"><svg role="img" aria-label="${label}" width="100%" height="${height}">
${up.map(gridLine)}
${labels.map(({ at, label }, i) => axisLabel(at, label, crowding(i, labels.length)))}
${layers}</svg></div>`
}

function gridLine({ at, label }: Tick): Markup {
  return html`<line class="grid" x2="100%" y1="${fromTop(at)}" y2="${fromTop(at)}"/>
<text x="-8" y="${fromTop(at)}" dy=".32em" text-anchor="end">${label}</text>`
}

function axisLabel(at: number, label: string, shown: string): Markup {
  return html`<text class="${shown}" x="${percent(at)}" y="100%" dy="20" text-anchor="middle">${label}</text>`
}

/** Which labels give way when the page is narrower than `wide` or `medium`. */
function crowding(i: number, count: number): string {
  if (count > 10 && i % 2 === 1) return 'wide'
  const every = count > 10 ? 4 : count > 4 ? 2 : 1
  return i % every === 0 ? '' : 'medium'
}

/** Round numbers of bytes, two to five above zero. */
export function byteTicks(top: number): Tick[] {
  const most = Math.max(top / 2, 1)
  const power = 10 ** Math.floor(Math.log10(most))
  const step = power * ([5, 2].find(factor => factor * power <= most) ?? 1)
  const ticks = Array.from({ length: Math.floor(top / step) + 1 }, (_, i) => i * step)
  return ticks.map(bytes => ({ at: bytes / top, label: formatBytes(bytes) }))
}

export function area(points: readonly Omit<Point, 'tip'>[], withFill = true): Markup {
  const line = points.map(({ x, y }) => `${round(100 * x)} ${round(100 - 100 * y)}`).join(' L')
  const fill = withFill ? html`<path class="fill" d="M0 100 L${line} L100 100 Z"/>` : ''
  return html`<svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%">${fill}
<path class="line ${withFill ? '' : 'second'}" d="M${line}"/></svg>`
}

/** A dot for each point; its tooltip answers to the whole column, which is easier to hit. */
export function dots(points: readonly Point[], width: number): Markup[] {
  return points.map(({ x, y, tip }) =>
    column(x - width / 2, width, tip, html`<circle cx="${percent(x)}" cy="${fromTop(y)}" r="4"/>`),
  )
}

/** Each `x` is where a bar begins. */
export function bars(points: readonly Point[], width: number): Markup[] {
  return points.map(({ x, y, tip }) => {
    const bar = html`<rect x="${percent(x + width * 0.1)}" width="${percent(width * 0.8)}" y="${fromTop(y)}" height="${percent(y)}"/>`
    return column(x, width, tip, bar)
  })
}

function column(x: number, width: number, tip: string, shape: Markup): Markup {
  return html`<g class="point"><title>${tip}</title>
<rect class="hit" x="${percent(x)}" width="${percent(width)}" height="100%"/>${shape}</g>`
}

/** What is said of a falling curve stands to the right above it, or where that is too narrow, to the left below. */
export function note({ x, y, tip }: Point): Markup {
  const place = x > 0.55 ? { dx: -8, dy: 20, anchor: 'end' } : { dx: 8, dy: -8, anchor: 'start' }
  return html`<g class="note"><circle cx="${percent(x)}" cy="${fromTop(y)}" r="5"/><text x="${percent(x)}" y="${fromTop(y)}"
 dx="${place.dx}" dy="${place.dy}" text-anchor="${place.anchor}">${tip}</text></g>`
}

/** A line from top to bottom with its label above the plot. */
export function rule({ x, y, tip }: Point): Markup {
  const anchor = x < 0.25 ? 'start' : x > 0.75 ? 'end' : 'middle'
  return html`<g class="rule"><line x1="${percent(x)}" x2="${percent(x)}" y1="-24" y2="100%"/><circle cx="${percent(x)}"
 cy="${fromTop(y)}" r="5"/><text x="${percent(x)}" y="-30" text-anchor="${anchor}">${tip}</text></g>`
}

function percent(share: number): string {
  return `${round(100 * share)}%`
}

function fromTop(share: number): string {
  return percent(1 - share)
}

function round(number: number): number {
  return Math.round(number * 100) / 100
}
