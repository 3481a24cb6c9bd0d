// Long lists put in order in turns: others are answered in between.
const atOnce = 500;

/** As `toSorted` gives it. */
export function* sorting<Item extends object>(
  list: readonly Item[],
  compare: (one: Item, other: Item) => number,
): Generator<undefined, readonly Item[]> {
  let runs: (readonly Item[])[] = [];
  for (let from = 0; from < list.length; from += atOnce) {
    runs.push(list.slice(from, from + atOnce).sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const merged: (readonly Item[])[] = [];
    for (let index = 0; index < runs.length; index += 2)
      merged.push(yield* merging(runs[index] ?? [], runs[index + 1] ?? [], compare));
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merging<Item extends object>(
  left: readonly Item[],
  right: readonly Item[],
  compare: (one: Item, other: Item) => number,
): Generator<undefined, readonly Item[]> {
  const merged: Item[] = [];
  let taken = 0;
  for (const item of right) {
    for (let one = left[taken]; one !== undefined && compare(one, item) <= 0; one = left[taken]) {
      merged.push(one);
      taken += 1;
      if (merged.length % atOnce === 0) yield;
    }
    merged.push(item);
    if (merged.length % atOnce === 0) yield;
  }
  return [...merged, ...left.slice(taken)];
}
