// Texts cut to a length that somebody else sets: never within a character, and with a sign that they were cut.

export interface Cut {
  readonly text: string;
  readonly truncated: boolean;
}

const sign = '…';
const encoder = new TextEncoder();
const bytesIn = (text: string): number => encoder.encode(text).length;

/** At most so many characters. */
export function cutToCharacters(text: string, most: number): Cut {
  const characters = Array.from(text);
  if (characters.length <= most) return { text, truncated: false };
  if (most <= 3) return { text: characters.slice(0, most).join(''), truncated: true };
  return { text: characters.slice(0, most - 1).join('') + sign, truncated: true };
}

/** At most so many bytes of UTF-8. */
export function cutToBytes(text: string, most: number): Cut {
  // No character has more than three bytes a code unit.
  if (text.length * 3 <= most || bytesIn(text) <= most) return { text, truncated: false };
  const room = most - bytesIn(sign);
  if (room < 0) return { text: '.'.repeat(most), truncated: true };
  let kept = '';
  let bytes = 0;
  for (const character of text) {
    bytes += bytesIn(character);
    if (bytes > room) break;
    kept += character;
  }
  return { text: kept + sign, truncated: true };
}
