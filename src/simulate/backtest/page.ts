// A backtest as one page that needs nothing else: the table, the plots, and what could not be played.
import { fillText, type Texts } from '../../model/texts.ts';
import type { OracleBill, Run, Setting } from './backtest.ts';
import type { Report } from './report.ts';
import { headingOf, headings, noteText, rowsOf, suggestionRows, worstText, type Row } from './report-text.ts';
import { svgOf, type Plot } from './svg.ts';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (letter) => escapes[letter] ?? '');

const style = `
:root { color-scheme: light dark; --ink: #1b2733; --soft: #6b7a89; --paper: #fff; --rule: #dfe5ea; --ready: #0b6bcb; --expected: #8a4fd0; --oracle: #1b8a4b; --bad: #c92a2a; --area: #b8c4ce66; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4eaf0; --soft: #93a1ae; --paper: #12181e; --rule: #2b353f; --ready: #5aa9f5; --expected: #b78cf0; --oracle: #53c283; --bad: #ff6b6b; --area: #6b7a8966; } }
body { margin: 2rem auto; max-width: 1100px; padding: 0 1rem; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
td, th { padding: .3rem .5rem; text-align: right; border-bottom: 1px solid var(--rule); }
td:first-child, th:first-child { text-align: left; }
th { font-weight: 500; color: var(--soft); }
svg { width: 100%; height: auto; display: block; }
.grid { stroke: var(--rule); fill: none; } .axis { fill: var(--soft); font-size: 11px; }
.area { fill: var(--area); } .line { fill: none; stroke-width: 1.3; }
.ready { stroke: var(--ready); } .oracle { stroke: var(--oracle); stroke-dasharray: 4 3; }
.expected { fill: var(--expected); opacity: .35; } .violated { stroke: var(--bad); } .changes { stroke: var(--ready); }
.key { color: var(--soft); } .key span { margin-right: 1.2rem; } .key i { display: inline-block; width: .9rem; height: .5rem; margin-right: .35rem; }
`;

const keys = [
  ['demand', 'area'],
  ['ready', 'ready'],
  ['expected', 'expected'],
  ['oracle', 'oracle'],
  ['violated', 'bad'],
  ['changes', 'ready'],
] as const;

const tableOf = (rows: readonly Row[], texts: Texts): string => {
  const cells = (tag: string, all: readonly string[]): string =>
    all.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('');
  const body = rows.map(({ name, cells: figures }) => `<tr>${cells('td', [name, ...figures])}</tr>`).join('\n');
  return `<table><tr>${cells('th', ['', ...headings(texts)])}</tr>\n${body}</table>`;
};

/** An hour on each side of the worst moment. */
const around = 3_600;

interface Drawing {
  readonly setting: Setting;
  readonly oracle: OracleBill;
  readonly texts: Texts;
}

const timeText =
  ({ start, world }: Setting) =>
  (tick: number): string =>
    new Date(start + tick * world.step * 1000).toISOString().slice(0, 16).replace('T', ' ');

/** In replicas: what the load needs, what was ready, and what a forecast expected. */
function replicaPlot(
  { subject, course, foreseen }: Run,
  { setting, oracle }: Drawing,
  from: number,
  until: number,
): Plot {
  const { demand, capacity } = setting;
  const needed = demand.map((load) => load / capacity);
  const inReplicas = (values: Float64Array): Float64Array => values.map((load) => load / capacity);
  // The simulation's own rule: what is ready does not bear the load.
  const isViolated = (tick: number): boolean => (demand[tick] ?? 0) > (course.ready[tick] ?? 0) * capacity * (1 + 1e-9);
  const isChange = (tick: number): boolean => tick > 0 && course.asked[tick] !== course.asked[tick - 1];
  return {
    from,
    until,
    area: needed,
    bands:
      foreseen === null
        ? []
        : [
            {
              from: inReplicas(foreseen.expected),
              to: inReplicas(foreseen.upper).map((value) => Math.min(value, subject.policy.spec.replicas.max)),
              className: 'expected',
            },
          ],
    lines: [
      { values: oracle.schedule.replicas, className: 'oracle', pick: 'most' },
      { values: course.ready, className: 'ready', pick: 'least' },
    ],
    marks: [
      { at: isViolated, className: 'violated' },
      { at: isChange, className: 'changes' },
    ],
    timeText: timeText(setting),
    height: 260,
  };
}

const nodePlot = ({ course }: Run, { setting, oracle }: Drawing, from: number, until: number): Plot => ({
  from,
  until,
  area: null,
  bands: [],
  lines: [
    { values: oracle.schedule.nodes, className: 'oracle', pick: 'most' },
    { values: course.nodes, className: 'ready', pick: 'most' },
  ],
  marks: [{ at: (tick) => tick > 0 && course.nodes[tick] !== course.nodes[tick - 1], className: 'changes' }],
  timeText: timeText(setting),
  height: 160,
});

function plotsOf(run: Run, drawing: Drawing): string {
  const { setting, texts } = drawing;
  const { judgedFrom, demand, world, start } = setting;
  const say = (code: string, facts = {}): string => escaped(fillText(texts, `cli.simulate.plot.${code}`, facts));
  const { policy, nodeGroup } = run.subject;
  const worst = run.judged.largestShortfall;
  const parts = [
    `<h2>${escaped(`${policy.metadata.namespace}/${policy.metadata.name}`)}</h2>`,
    `<h3>${say('replicas')}</h3>`,
    svgOf(replicaPlot(run, drawing, judgedFrom, demand.length)),
  ];
  if (nodeGroup !== null)
    parts.push(`<h3>${say('nodes')}</h3>`, svgOf(nodePlot(run, drawing, judgedFrom, demand.length)));
  if (worst !== null) {
    const tick = Math.round((worst.at - start) / 1000 / world.step);
    const ticks = Math.round(around / world.step);
    const [from, until] = [Math.max(0, tick - ticks), Math.min(demand.length, tick + ticks)];
    parts.push(
      `<h3>${say('worst', { at: timeText(setting)(tick) })}</h3>`,
      svgOf(replicaPlot(run, drawing, from, until)),
    );
  }
  return parts.join('\n');
}

export function reportPage(report: Report, runs: readonly Run[], drawing: Drawing): string {
  const { texts } = drawing;
  const say = (code: string): string => escaped(fillText(texts, `cli.simulate.${code}`));
  const suggestions = suggestionRows(report, texts);
  const key = keys
    .map(([code, color]) => `<span><i style="background:var(--${color})"></i>${say(`plot.${code}`)}</span>`)
    .join('');
  return `<!doctype html>
<html lang="${texts.language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>springtide simulate: ${escaped(report.trace.name)}</title>
<style>${style}</style>
<h1>springtide simulate</h1>
<p>${escaped(headingOf(report, texts))}</p>
${tableOf(rowsOf(report, texts), texts)}
<ul>${report.policies.map((one) => `<li>${escaped(worstText(one, texts))}</li>`).join('')}</ul>
${suggestions.length === 0 ? '' : `<p>${say('suggestions')}</p>\n${tableOf(suggestions, texts)}`}
<p class="key">${key}</p>
${runs.map((run) => plotsOf(run, drawing)).join('\n')}
${report.notes.length === 0 ? '' : `<ul>${report.notes.map((note) => `<li>${escaped(noteText(note, texts))}</li>`).join('')}</ul>`}
</html>
`;
}
