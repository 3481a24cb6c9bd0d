// A text for a terminal: titled sections, columns that line up also in Chinese, long lines broken, colours where there are eyes.

export type Style = 'title' | 'strong' | 'good' | 'warn' | 'dim';
export type Paint = (style: Style, text: string) => string;

const codes: Readonly<Record<Style, readonly [number, number]>> = {
  title: [1, 22],
  strong: [1, 22],
  good: [32, 39],
  warn: [33, 39],
  dim: [2, 22],
};

export const plainPaint: Paint = (_, text) => text;
export const colourPaint: Paint = (style, text) => {
  const [on, off] = codes[style];
  return `\u001b[${on}m${text}\u001b[${off}m`;
};

/** Colours on a terminal only, and not where somebody has said no to them. */
export const paintFor = (isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Paint =>
  isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb' ? colourPaint : plainPaint;

/** East Asian characters are two columns wide. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;
export const widthOf = (text: string): number =>
  Array.from(text).reduce((total, character) => total + (wide.test(character) ? 2 : 1), 0);
const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));

const lineWidth = 100;

/** Broken at spaces, and between wide characters where there are none. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<=[\s，。；：、）])/u)) {
    if (line !== '' && widthOf(line) + widthOf(word.trimEnd()) > width) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += word;
  }
  return [...lines, line.trimEnd()];
}

export type Row = readonly string[];

export class Page {
  readonly #lines: string[] = [];
  readonly paint: Paint;

  constructor(paint: Paint) {
    this.paint = paint;
  }

  heading(text: string): void {
    this.#lines.push(...wrap(text, lineWidth).map((line) => this.paint('strong', line)));
  }

  /** Nothing to say: no section. */
  section(title: string, lines: readonly string[]): void {
    if (lines.length === 0) return;
    this.#lines.push('', this.paint('title', title), ...lines);
  }

  sentence(text: string, style?: Style): void {
    this.#lines.push(...paragraph(text).map((line) => (style === undefined ? line : this.paint(style, line))));
  }

  text(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}

export const paragraph = (text: string, indent = 2): readonly string[] =>
  wrap(text, lineWidth - indent).map((line) => `${' '.repeat(indent)}${line}`);

/** Columns as wide as their widest cell; the last one is broken where it is too long, but never made a splinter. */
export function columns(rows: readonly Row[]): readonly string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, index) =>
    Math.max(0, ...rows.filter((row) => row.length > index + 1).map((row) => widthOf(row[index] ?? ''))),
  );
  return rows.flatMap((row) => {
    const before = row.slice(0, -1).map((cell, index) => `${padded(cell, widths[index] ?? 0)}  `);
    const start = `  ${before.join('')}`;
    const room = Math.max(30, lineWidth - widthOf(start));
    const [first = '', ...rest] = wrap(row.at(-1) ?? '', room);
    return [`${start}${first}`, ...rest.map((line) => `${' '.repeat(widthOf(start))}${line}`)].map((line) =>
      line.trimEnd(),
    );
  });
}
