// Which of many texts stand somewhere in a value: all of them are looked for at once, in one pass over it.

interface Place {
  readonly next: Map<number, Place>;
  /** the text that ends here; null: it is only a beginning */
  text: string | null;
  /** where the longest end of what was read so far begins anew; null at the root */
  fallback: Place | null;
  /** the nearest of those at which a text ends */
  shorter: Place | null;
}

const newPlace = (): Place => ({ next: new Map(), text: null, fallback: null, shorter: null });

/** After Aho and Corasick. Each text is given once, in no order; an empty one is in no value. */
export function textFinder(texts: Iterable<string>): (value: string) => string[] {
  const root = newPlace();
  for (const text of texts) if (text !== '') plant(root, text);
  link(root);
  return (value) => {
    const ends = new Set<Place>();
    let place = root;
    for (let at = 0; at < value.length; at += 1) {
      place = step(root, place, value.charCodeAt(at));
      // one that is known has brought its shorter ones along
      for (let end = endAt(place); end !== null && !ends.has(end); end = end.shorter) ends.add(end);
    }
    return [...ends].flatMap(({ text }) => text ?? []);
  };
}

function plant(root: Place, text: string): void {
  let place = root;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    const next = place.next.get(unit) ?? newPlace();
    place.next.set(unit, next);
    place = next;
  }
  place.text = text;
}

function step(root: Place, from: Place, unit: number): Place {
  for (let place: Place | null = from; place !== null; place = place.fallback) {
    const next = place.next.get(unit);
    if (next !== undefined) return next;
  }
  return root;
}

const endAt = (place: Place): Place | null => (place.text === null ? place.shorter : place);

/** Nearest the root first: what is fallen back to is linked already. */
function link(root: Place): void {
  const waiting = [root];
  for (const place of waiting)
    for (const [unit, next] of place.next) {
      next.fallback = place.fallback === null ? root : step(root, place.fallback, unit);
      next.shorter = endAt(next.fallback);
      waiting.push(next);
    }
}
