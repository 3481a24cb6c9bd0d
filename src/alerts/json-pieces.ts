// JSON in pieces: what speaks for thousands is written down in turns.
/** So many values are written down at once: about a millisecond of work. */
const portion = 2000;

/** Of plain data, together what `JSON.stringify` gives. */
export function* jsonPieces(value: object): Generator<string, void> {
  if (!isHeavy(value)) yield JSON.stringify(value);
  else if (Array.isArray(value)) yield* piecesOfList(value);
  else yield* piecesOfObject(value);
}

function* piecesOfList(list: readonly unknown[]): Generator<string, void> {
  let separator = '[';
  let gathered: unknown[] = [];
  let weight = 0;
  const taken = (): string => {
    const text = separator + JSON.stringify(gathered).slice(1, -1);
    separator = ',';
    gathered = [];
    weight = 0;
    return text;
  };
  for (const item of list) {
    if (isHeavy(item)) {
      if (gathered.length > 0) yield taken();
      yield separator;
      separator = ',';
      yield* jsonPieces(item);
      continue;
    }
    gathered.push(item);
    weight += weightOf(item);
    if (weight >= portion) yield taken();
  }
  if (gathered.length > 0) yield taken();
  yield ']';
}

function* piecesOfObject(value: object): Generator<string, void> {
  let separator = '{';
  for (const [name, inner] of Object.entries(value) as [string, unknown][]) {
    if (inner === undefined) continue;
    const begin = `${separator}${JSON.stringify(name)}:`;
    separator = ',';
    if (isHeavy(inner)) {
      yield begin;
      yield* jsonPieces(inner);
    } else yield begin + JSON.stringify(inner);
  }
  yield separator === '{' ? '{}' : '}';
}

const isHeavy = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && weightOf(value) >= portion;

/** How many values there are in it, long texts counted as several; not counted on where it is heavy already. */
function weightOf(value: unknown): number {
  if (typeof value === 'string') return 1 + (value.length >> 6);
  if (typeof value !== 'object' || value === null) return 1;
  let weight = 1;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length && weight < portion; index += 1) weight += weightOf(value[index]);
    return weight;
  }
  const fields = value as Readonly<Record<string, unknown>>;
  for (const name in fields) {
    weight += weightOf(fields[name]);
    if (weight >= portion) break;
  }
  return weight;
}
