// The story as a table: a row where something was decided or the scene changed, sentences as the operator reads them.
import type { InboxItem, TickReport } from '../model/report.ts';
import { fillText, type Texts } from '../model/texts.ts';
import type { Scene } from './story.ts';

/** Chinese characters take two columns in a terminal. */
const widthOf = (text: string): number =>
  text.length + (text.match(/[\u2e80-\u9fff\uff00-\uff60\u3000-\u303f]/g) ?? []).length;
const left = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));
const right = (text: string, width: number): string => ' '.repeat(Math.max(0, width - widthOf(text))) + text;

const columns = [
  ['demo.time', 7],
  ['demo.load', 9],
  ['demo.replicas', 9],
  ['demo.pending', 8],
  ['demo.vms', 6],
] as const;

export const tableHead = (texts: Texts): string =>
  `${columns.map(([code, width]) => right(fillText(texts, code), width)).join('')}  ${fillText(texts, 'demo.decided')}`;

const number = (value: number | null): string => (value === null ? '?' : String(Math.round(value)));

/** What was decided in a tick, one sentence each; nothing where nothing was to be done. */
export function decisionsOf(report: TickReport, texts: Texts): readonly string[] {
  const changed = [
    ...report.plan.pods.filter((decision) => decision.action === 'scale'),
    ...report.plan.nodes.filter(
      (decision) =>
        decision.action === 'grow' ||
        decision.action === 'shrink' ||
        decision.action === 'refused' ||
        decision.reason === 'QuotaExceeded',
    ),
  ].map((decision) => decision.message);
  const drains = report.outcomes.flatMap((one) =>
    one.kind === 'drain'
      ? [fillText(texts, `demo.drain.${one.step}`, { node: one.node, count: one.evicted?.length ?? 0 })]
      : [],
  );
  return [...changed, ...drains];
}

export function tableRow(second: number, scene: Scene, sentences: readonly string[]): string {
  const clock = `${Math.floor(second / 60)}:${String(Math.round(second % 60)).padStart(2, '0')}`;
  const vms = scene.ready === null ? number(scene.servers) : String(scene.servers);
  const cells = [clock, number(scene.load), number(scene.replicas), number(scene.pending), vms];
  const head = cells.map((cell, index) => right(cell, columns[index]?.[1] ?? 8)).join('');
  const [first = '', ...others] = sentences;
  const indent = ' '.repeat(columns.reduce((sum, [, width]) => sum + width, 2));
  return [`${head}  ${first}`, ...others.map((sentence) => indent + sentence)].join('\n');
}

export const messageLines = (items: readonly InboxItem[], texts: Texts): string =>
  items
    .map((item) => {
      const channel = fillText(texts, `page.channel.${item.channel}`);
      const text = item.channel === 'email' ? (item.subject ?? '') : item.text;
      return `  ${item.at.slice(11, 19)}  ${left(channel, 8)}${left(item.to, 20)} ${text.replaceAll('\n', ' ')}`;
    })
    .join('\n');
