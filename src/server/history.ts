// The last few hundred ticks as columns for the charts, bounded by ticks and by targets.
import type { NodeDecision, PodDecision } from '../model/plan.ts';
import type { History, TickReport } from '../model/report.ts';
import { targetKey } from '../model/target.ts';
import { instantOf } from '../model/units.ts';

type Cell = number | null;

/** A ring of numbers; NaN stands for unknown. Single precision: a chart shows no more. */
class Column {
  readonly #cells: Float32Array;
  constructor(length: number) {
    this.#cells = new Float32Array(length).fill(Number.NaN);
  }
  set(slot: number, value: Cell): void {
    this.#cells[slot] = value ?? Number.NaN;
  }
  inOrder(slots: readonly number[]): Cell[] {
    return slots.map((slot) => {
      const value = this.#cells[slot] ?? Number.NaN;
      return Number.isNaN(value) ? null : Number(value.toPrecision(6));
    });
  }
}

type Columns<Name extends string> = Readonly<Record<Name, Column>>;
const targetColumns = ['current', 'desired', 'load', 'capacity'] as const;
const groupColumns = ['current', 'desired', 'ready'] as const;

export interface HistoryRing {
  /** With places to take a breath: run to its end before the next tick is taken in. */
  recording(report: TickReport): Generator<undefined, undefined>;
  /** Of one target and one group, or of all that are kept. */
  read(wanted?: { readonly target?: string; readonly group?: string }): History;
}

const rowsAStep = 1_024;

export function createHistory({ ticks = 600, targets: most = 500 } = {}): HistoryRing {
  const times = new Float64Array(ticks);
  const pending = new Column(ticks);
  const targets = new Map<string, Columns<(typeof targetColumns)[number]>>();
  const groups = new Map<string, Columns<(typeof groupColumns)[number]>>();
  let written = 0;

  function columnsFor<Name extends string>(
    known: Map<string, Columns<Name>>,
    key: string,
    names: readonly Name[],
  ): Columns<Name> | undefined {
    if (!known.has(key) && known.size < most)
      known.set(key, Object.fromEntries(names.map((name) => [name, new Column(ticks)])) as Columns<Name>);
    return known.get(key);
  }

  /** What is gone from the plan goes from here, and leaves its place to others. */
  function* write<Name extends string, Row>(
    known: Map<string, Columns<Name>>,
    names: readonly Name[],
    rows: readonly Row[],
    keyOf: (row: Row) => string,
    cellsOf: (row: Row) => Readonly<Record<Name, Cell>>,
    slot: number,
  ): Generator<undefined, undefined> {
    const present = new Set<string>();
    let count = 0;
    for (const row of rows) {
      present.add(keyOf(row));
      if (++count % rowsAStep === 0) yield;
    }
    for (const key of known.keys()) if (!present.has(key)) known.delete(key);
    for (const row of rows) {
      if (++count % rowsAStep === 0) yield;
      const columns = columnsFor(known, keyOf(row), names);
      // of most there is no room for a history
      if (columns === undefined) continue;
      const cells = cellsOf(row);
      for (const name of names) columns[name].set(slot, cells[name]);
    }
    return undefined;
  }

  return {
    *recording({ time, plan, pendingPods, targets: facts = {}, groups: groupFacts = {} }) {
      const slot = written % ticks;
      times[slot] = (instantOf(time) ?? 0) / 1000;
      pending.set(slot, pendingPods);
      const podCells = ({ target, current, desired }: PodDecision) => {
        const load = facts[targetKey(target)]?.load;
        return { current, desired, load: load?.value ?? null, capacity: load?.capacity ?? null };
      };
      yield* write(targets, targetColumns, plan.pods, ({ target }) => targetKey(target), podCells, slot);
      const nodeCells = ({ nodeGroup, current, desired }: NodeDecision) => {
        return { current, desired, ready: groupFacts[nodeGroup]?.ready ?? null };
      };
      yield* write(groups, groupColumns, plan.nodes, ({ nodeGroup }) => nodeGroup, nodeCells, slot);
      written += 1;
      return undefined;
    },
    read: ({ target, group } = {}) => {
      const length = Math.min(written, ticks);
      const slots = Array.from({ length }, (_, index) => (written - length + index) % ticks);
      const of = <Name extends string>(
        known: ReadonlyMap<string, Columns<Name>>,
        names: readonly Name[],
        wanted: string | undefined,
      ) =>
        Object.fromEntries(
          [...known]
            .filter(([key]) => wanted === undefined || key === wanted)
            .map(([key, columns]) => [
              key,
              Object.fromEntries(names.map((name) => [name, columns[name].inOrder(slots)])) as Record<Name, Cell[]>,
            ]),
        );
      return {
        times: slots.map((slot) => times[slot] ?? 0),
        pendingPods: pending.inOrder(slots),
        targets: of(targets, targetColumns, target),
        groups: of(groups, groupColumns, group),
      };
    },
  };
}
