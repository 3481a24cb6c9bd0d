// What the page knows: the newest view with the ticks merged into it, and the columns of its charts. Pure.
import type { DecisionEntry, History, View } from '../model/report.ts';

/** locked: the server wants a token before it tells anything */
export type Connection = 'connecting' | 'live' | 'lost' | 'locked';

export interface PageState {
  readonly connection: Connection;
  readonly view: View | null;
  /** by the browser's clock: when the last event came */
  readonly heard: number;
  readonly history: History | null;
  /** the newest decisions of the last tick, to be read out */
  readonly news: readonly DecisionEntry[];
}

export type PageEvent =
  | { readonly kind: 'view'; readonly view: View; readonly at: number }
  | { readonly kind: 'tick'; readonly update: View; readonly at: number }
  | { readonly kind: 'history'; readonly history: History }
  | { readonly kind: 'connection'; readonly connection: Connection };

export const emptyState: PageState = { connection: 'connecting', view: null, heard: 0, history: null, news: [] };

const decisionsKept = 200;
const pointsKept = 600;

/** An entry that counts on replaces itself and moves to the front. */
function mergeDecisions(fresh: readonly DecisionEntry[], known: readonly DecisionEntry[]): DecisionEntry[] {
  const ids = new Set(fresh.map((entry) => entry.id));
  return [...fresh, ...known.filter((entry) => !ids.has(entry.id))].slice(0, decisionsKept);
}

type Cell = number | null;
const add = (column: readonly Cell[] | undefined, value: Cell): Cell[] => [...(column ?? []), value].slice(-pointsKept);

/** One more point on the lines that are shown; of a target that is gone the line breaks off. */
export function appendPoint(history: History, { time, pendingPods, pods, nodes }: View): History {
  const seconds = Date.parse(time ?? '') / 1000;
  if (Number.isNaN(seconds) || seconds <= (history.times.at(-1) ?? 0)) return history;
  const targets = Object.entries(history.targets).map(([key, lines]) => {
    const row = pods.find((pod) => pod.key === key);
    const columns = {
      current: add(lines.current, row?.current ?? null),
      desired: add(lines.desired, row?.desired ?? null),
      load: add(lines.load, row?.load?.value ?? null),
      capacity: add(lines.capacity, row?.load?.capacity ?? null),
    };
    return [key, columns] as const;
  });
  const groups = Object.entries(history.groups).map(([key, lines]) => {
    const row = nodes.find((node) => node.key === key);
    const columns = {
      current: add(lines.current, row?.current ?? null),
      desired: add(lines.desired, row?.desired ?? null),
      ready: add(lines.ready, row?.ready ?? null),
    };
    return [key, columns] as const;
  });
  return {
    times: [...history.times, seconds].slice(-pointsKept),
    pendingPods: add(history.pendingPods, pendingPods),
    targets: Object.fromEntries(targets),
    groups: Object.fromEntries(groups),
  };
}

export function nextState(state: PageState, event: PageEvent): PageState {
  switch (event.kind) {
    case 'connection':
      // What was shown to somebody who may look no longer is not shown on.
      if (event.connection === 'locked') return { ...emptyState, connection: 'locked' };
      return { ...state, connection: event.connection };
    case 'history':
      return { ...state, history: event.history };
    case 'view':
      return { ...state, connection: 'live', view: event.view, heard: event.at, news: [] };
    case 'tick': {
      const { update, at } = event;
      const decisions = mergeDecisions(update.decisions, state.view?.decisions ?? []);
      const history = state.history === null ? null : appendPoint(state.history, update);
      const news = update.decisions.filter((entry) => entry.times === 1);
      return { connection: 'live', view: { ...update, decisions }, heard: at, history, news };
    }
  }
}

/** Silent for longer than three ticks: what is shown may be wrong by now. */
export const isStale = (state: PageState, now: number): boolean =>
  state.view !== null && now - state.heard > Math.max(20_000, 3 * state.view.interval + 5_000);
