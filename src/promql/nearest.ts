// The known name that was probably meant: edit distance over a short list.

/** null where nothing is close enough to be worth a guess. */
export function nearestName(wanted: string, known: Iterable<string>): string | null {
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  const close = Array.from(known, (name) => ({
    name,
    distance: editDistance(wanted.toLowerCase(), name.toLowerCase()),
  }))
    .filter(({ distance }) => distance <= limit)
    // of two equally close names the one that goes on where the text stopped was meant
    .sort((a, b) => a.distance - b.distance || Number(b.name.startsWith(wanted)) - Number(a.name.startsWith(wanted)));
  return close[0]?.name ?? null;
}

/** Insertions, deletions, replacements and swaps of neighbours count one each. */
function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (swapped) cost = Math.min(cost, (beforePrevious[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[right.length] ?? 0;
}
