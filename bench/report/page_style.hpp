// The style sheet of the page that a run's report is.
#pragma once

namespace wxgate::bench {

inline constexpr char const* page_style = R"css(
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #16191f; --soft: #5d6675; --line: #e1e5eb; --stripe: #f8f9fb;
  --good: #0b7a4b; --good-back: #e0f4ea; --bad: #b42318; --bad-back: #fde8e6; --note: #8a5300; --note-back: #fff3dc;
  --c0: #2563eb; --c1: #d97706; --c2: #059669; --c3: #dc2626; --c4: #7c3aed; --c5: #0891b2; --c6: #be185d; --c7: #4d7c0f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #101318; --card: #181c23; --ink: #e8ebf0; --soft: #98a2b3; --line: #2b313b; --stripe: #1c2129;
    --good: #5fd8a0; --good-back: #12352a; --bad: #ff9b91; --bad-back: #44191a; --note: #f3c46d; --note-back: #3a2c10;
    --c0: #6ea8fe; --c1: #fbbf24; --c2: #34d399; --c3: #f87171; --c4: #b197fc; --c5: #22d3ee; --c6: #f472b6; --c7: #a3e635;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); line-height: 1.45;
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", "Noto Sans", "Helvetica Neue", sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
header { margin-bottom: 1.75rem; }
header p { margin: 0; color: var(--soft); }
header p + p { margin-top: .55rem; }
h1 { margin: .1rem 0 .35rem; font-size: 2rem; line-height: 1.15; letter-spacing: -.02em; }
h2 { margin: 0 0 .85rem; font-size: 1.05rem; letter-spacing: -.005em; }
section { margin: 0 0 1.25rem; padding: 1.15rem 1.35rem 1.3rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 12px; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .42rem .75rem; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--line); }
tbody tr:last-child > * { border-bottom: 0; }
tbody tr:nth-child(even) > * { background: var(--stripe); }
th:first-child, td:first-child { padding-left: .5rem; }
th:last-child, td:last-child { padding-right: .5rem; }
thead th { color: var(--soft); font-size: .82rem; font-weight: 600; white-space: nowrap; vertical-align: bottom; }
tbody th { font-weight: 500; }
.figure { text-align: right; white-space: nowrap; }
.pill { display: inline-block; padding: .05rem .6rem; border-radius: 999px; font-size: .85rem; font-weight: 600; white-space: nowrap; }
.held { color: var(--good); background: var(--good-back); }
.missed { color: var(--bad); background: var(--bad-back); }
.notes { color: var(--note); background: var(--note-back); border-color: transparent; }
.notes ul { margin: 0; padding-left: 1.1rem; }
.notes li + li { margin-top: .3rem; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { fill: var(--soft); font-size: 11.5px; font-variant-numeric: tabular-nums; }
svg .axis { fill: var(--ink); font-size: 12px; font-weight: 500; }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg path { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); }
.c4 { --c: var(--c4); } .c5 { --c: var(--c5); } .c6 { --c: var(--c6); } .c7 { --c: var(--c7); }
svg g path { stroke: var(--c); }
svg circle { fill: var(--c); }
.swatch { display: inline-block; width: .85em; height: .85em; margin-right: .55em; border-radius: 3px; background: var(--c); vertical-align: -.08em; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; margin: .6rem 0 0; padding: 0; list-style: none; }
.chart-table { margin-top: .9rem; }
.pairs { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1.25rem; }
.pairs section { margin: 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.1rem; margin: 0; font-size: .93rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
@media print { body { background: none; } section { break-inside: avoid; } }
)css";

} // namespace wxgate::bench
