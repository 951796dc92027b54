/** On top of the style of the page that `plan` writes. */
export const GALLERY_STYLE = `
a { color: var(--leave); text-underline-offset: 3px; text-decoration-thickness: 1px; }
a:not(:hover) { text-decoration-color: color-mix(in srgb, currentColor 40%, transparent); }
:focus-visible { outline: 2px solid var(--mark); outline-offset: 3px; }
h2 + .caption { max-width: 50em; }
.lead { font-size: 18px; max-width: 41em; margin: -16px 0 36px; }
figure { margin: 0; }
.photographs { display: grid; grid-template-columns: repeat(4, 1fr); gap: 28px 20px; margin-top: 24px; }
.photographs figure { display: flex; flex-direction: column; min-width: 0; }
.photographs figure:first-child { grid-column: span 2; grid-row: span 2; }
.photographs a:has(img) { display: block; aspect-ratio: 4 / 3; position: relative; border-radius: 6px; overflow: hidden; background: var(--line); }
@media (min-width: 641px) { .photographs figure:first-child a:has(img) { flex: 1; aspect-ratio: auto; } }
img { display: block; width: 100%; height: 100%; object-fit: cover; }
.photographs img { position: absolute; inset: 0; }
figcaption { padding-top: 8px; font-size: 14px; line-height: 1.45; }
figcaption > span { display: flex; flex-wrap: wrap; column-gap: 12px; color: var(--soft); }
.tier { white-space: nowrap; }
.tier::before { content: '● '; color: var(--leave); }
.local::before, .young::before { color: var(--stay); }
.files { width: 100%; margin-top: 16px; }
.files :is(th, td) { padding-block: 8px; vertical-align: baseline; }
.files :is(td, th) { text-align: left; }
.files tr > :last-child { padding-right: 0; }
.files td:first-child { white-space: normal; overflow-wrap: anywhere; }
.files td:first-child span { display: block; color: var(--soft); }
code, pre { font: 13px/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
pre { margin: 16px 0 0; padding: 14px 18px; border: 1px solid var(--line); border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; }
pre .asked, pre .told { color: var(--soft); }
.ok { color: var(--leave); font-weight: 600; }
.refused { color: var(--mark); font-weight: 600; }
.beside { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 7fr); gap: 32px; align-items: start; margin-top: 16px; }
.beside pre { margin: 0; }
.beside .caption + .caption { margin-top: 12px; }
audio { width: 100%; margin-top: 4px; }
.young-one img { aspect-ratio: 4 / 3; border-radius: 6px; }
.url { display: block; margin-top: 16px; padding: 14px 18px; border: 1px solid var(--line); border-radius: 6px; overflow-wrap: anywhere; color: var(--soft); }
.url b { font-weight: 400; color: var(--ink); border-bottom: 2px solid var(--leave); }
.url b:nth-of-type(even) { border-color: var(--mark); }
.parts { display: grid; grid-template-columns: max-content 1fr; gap: 6px 20px; margin-top: 16px; font-size: 14px; }
.parts dd { color: var(--soft); }
@media (max-width: 960px) { .photographs { grid-template-columns: repeat(3, 1fr); } }
@media (max-width: 640px) { .photographs { grid-template-columns: repeat(2, 1fr); gap: 20px 12px; }
  .photographs figure:first-child { grid-row: auto; }
  .beside, .parts { grid-template-columns: minmax(0, 1fr); } .parts { gap: 2px; } .parts dd { margin-bottom: 10px; }
  .lead { font-size: 16px; } pre, .url { padding: 12px; } .less { display: none; } section { margin-top: 48px; } }
`
