// What the page needs beyond the newest tick: the last decisions and messages, in bounded lists.
import type { DecisionEntry, InboxItem, TickReport, View } from '../model/report.ts';
import { createHistory, type HistoryRing } from './history.ts';
import { entriesOf, maskedRecipient, viewOf, type About, type NewEntry } from './view.ts';

export interface Gatherer {
  /** Takes in a tick, with places to take a breath; answers with what a page that has the view before it needs to know. */
  recording(report: TickReport): Generator<undefined, View>;
  view(): View;
  last(): TickReport | null;
  /** As before the first tick. */
  forget(): void;
  readonly history: HistoryRing;
}

const decisionsKept = 200;
const messagesKept = 100;

const subjectOf = ({ tier, subject, node }: NewEntry): string => JSON.stringify([tier, subject, node]);
const sameness = ({ action, from, to, mode, reason, step, outcome }: NewEntry): string =>
  JSON.stringify([action, from, to, mode, reason, step, outcome?.status, outcome?.code]);

export function createGatherer(about: () => About, inbox?: () => readonly InboxItem[]): Gatherer {
  const history = createHistory();
  let entries: readonly DecisionEntry[] = [];
  /** what each subject said in the tick before */
  let before = new Map<string, { readonly same: string; readonly id: number }>();
  let sent: readonly InboxItem[] = [];
  let last: TickReport | null = null;
  let nextId = 1;

  /** The same as in the tick before counts on, instead of pushing other entries out of the list. */
  function note(fresh: NewEntry): DecisionEntry {
    const said = before.get(subjectOf(fresh));
    const again = said?.same === sameness(fresh) ? entries.find((entry) => entry.id === said.id) : undefined;
    if (again === undefined) return { ...fresh, id: nextId++, lastTime: fresh.time, times: 1 };
    return { ...fresh, id: again.id, time: again.time, lastTime: fresh.time, times: again.times + 1 };
  }

  const messages = (): View['messages'] =>
    inbox === undefined
      ? { kind: 'sent', items: sent }
      : { kind: 'inbox', items: inbox().slice(-messagesKept).toReversed() };

  return {
    history,
    last: () => last,
    forget: () => {
      [entries, sent, last] = [[], [], null];
      before.clear();
    },
    *recording(report) {
      yield* history.recording(report);
      const noted = (yield* entriesOf(report)).slice(-decisionsKept).map((fresh) => ({ fresh, entry: note(fresh) }));
      before = new Map(noted.map(({ fresh, entry }) => [subjectOf(fresh), { same: sameness(fresh), id: entry.id }]));
      const newest = noted.map(({ entry }) => entry).toReversed();
      const ids = new Set(newest.map((entry) => entry.id));
      entries = [...newest, ...entries.filter((entry) => !ids.has(entry.id))].slice(0, decisionsKept);
      const told = (report.notifications ?? []).map((item) => ({ ...item, to: maskedRecipient(item.to) }));
      sent = [...told.toReversed(), ...sent].slice(0, messagesKept);
      last = report;
      yield;
      return viewOf(about(), report, { decisions: newest, messages: messages() });
    },
    view: () => viewOf(about(), last, { decisions: entries, messages: messages() }),
  };
}
