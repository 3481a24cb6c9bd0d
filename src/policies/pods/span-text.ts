// Spans and instants as decisions have them. There are few different ones, and thousands of targets a tick say theirs.
import { rfc3339, type Instant, type Milliseconds } from '../../model/units.ts';

const mostTexts = 1_000;

function remembered<Key>(textOf: (key: Key) => string): (key: Key) => string {
  const texts = new Map<Key, string>();
  return (key) => {
    let text = texts.get(key);
    if (text === undefined) {
      if (texts.size >= mostTexts) texts.clear();
      texts.set(key, (text = textOf(key)));
    }
    return text;
  };
}

export const inSeconds = remembered((span: Milliseconds) => `${span / 1000} s`);

/** RFC 3339 */
export const textOf = remembered((at: Instant) => rfc3339(at));
