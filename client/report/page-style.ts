/** Blue and orange stay apart for every kind of colour vision; text has a contrast of 4.5 and more on either page. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --page: #fbfaf7; --ink: #1b232d; --soft: #5b6572; --line: #e4e1da;
  --leave: #1d6aad; --stay: #979081; --mark: #b04e06; }
@media screen and (prefers-color-scheme: dark) { :root { --page: #14181d; --ink: #e9ebee; --soft: #a1abb7;
  --line: #2b323b; --leave: #6db4f2; --stay: #6b7580; --mark: #f2a149; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main, footer { max-width: 1080px; margin: 0 auto; padding: 48px 24px 0; }
h1 { margin: 8px 0 32px; font-size: clamp(28px, 5vw, 48px); line-height: 1.12; letter-spacing: -.02em; }
h2 { margin: 0 0 4px; font-size: 22px; line-height: 1.3; }
h1, h2 { text-wrap: balance; }
section { margin-top: 64px; }
p { margin: 12px 0 8px; }
dl, dd, .caption, .axis { margin: 0; }
.caption, .axis, dt, footer, summary, table, .key dd { font-size: 14px; }
.caption, .axis, dt, footer, .key dd, thead { color: var(--soft); }
.caption, li, footer { overflow-wrap: anywhere; }
.axis { text-align: center; }
.split { height: 14px; border-radius: 7px; overflow: hidden; background: var(--stay); print-color-adjust: exact; }
.split div { height: 100%; background: var(--leave); }
.key { display: grid; grid-template-columns: repeat(6, 1fr); gap: 24px; margin-top: 24px; }
.key strong { display: block; font-size: 26px; line-height: 1.25; color: var(--ink); }
.leaves dt::before, .stays dt::before { content: '● '; color: var(--leave); }
.stays dt::before { color: var(--stay); }
.plot { padding: 16px 28px 32px 60px; }
.plot:has(.rule) { padding-top: 56px; }
svg { display: block; overflow: visible; }
text { font-size: 12px; fill: var(--soft); }
.grid { stroke: var(--line); }
.fill { fill: var(--leave); opacity: .13; }
.line { fill: none; stroke: var(--leave); stroke-width: 2.5; vector-effect: non-scaling-stroke; }
.second { stroke: var(--soft); stroke-width: 1.25; }
.hit { fill: transparent; }
.point { fill: var(--leave); }
.point:hover { fill: var(--mark); }
.point:not(:hover) circle { opacity: 0; }
.note, .rule { pointer-events: none; }
.note circle { fill: var(--page); stroke: var(--ink); stroke-width: 2; }
.note text, .rule text { font-size: 14px; font-weight: 600; }
.note text { fill: var(--ink); paint-order: stroke; stroke: var(--page); stroke-width: 4px; }
.rule line { stroke: var(--mark); stroke-dasharray: 4 4; }
.rule circle, .rule text { fill: var(--mark); }
summary { padding: 8px 0; cursor: pointer; color: var(--leave); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 16px 4px 0; text-align: right; border-bottom: 1px solid var(--line); font-weight: 400; }
th:first-child { text-align: left; }
details :is(th, td), td { white-space: nowrap; }
ul { margin: 0; padding-left: 20px; }
.terms { display: grid; grid-template-columns: 96px 1fr; gap: 8px 16px; max-width: 760px; margin-top: 12px; }
footer { padding: 24px; margin-top: 64px; border-top: 1px solid var(--line); }
@media (max-width: 960px) { .wide { display: none; } .key { grid-template-columns: repeat(3, 1fr); } }
@media (max-width: 640px) { .medium { display: none; } .key { grid-template-columns: repeat(2, 1fr); }
  main { padding: 28px 16px 0; } .plot { padding-left: 52px; } .terms { grid-template-columns: 1fr; } }
@media print { body { background: none; } section { break-inside: avoid; margin-top: 32px; } details { display: none; } }
`
