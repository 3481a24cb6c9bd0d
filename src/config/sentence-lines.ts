// Reads a messages file that has a quoted sentence a line, as the shipped ones: every command begins with one, and YAML's parser takes a hundred times as long.

const line = /^([\w.-]+): (?:'((?:[^']|'')*)'|"([^"\\]*)")$/;

/** Null where a line is anything else: that is for the parser. */
export function sentenceLines(text: string): Readonly<Record<string, string>> | null {
  const sentences: [string, string][] = [];
  for (const one of text.split('\n')) {
    if (one === '' || one.startsWith('#')) continue;
    const [, code, single, double] = line.exec(one) ?? [];
    if (code === undefined) return null;
    sentences.push([code, single?.replaceAll("''", "'") ?? double ?? '']);
  }
  return Object.fromEntries(sentences);
}
