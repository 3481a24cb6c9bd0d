// KEDA's scaling modifiers: a formula over triggers, in the smaller language of a PodPolicy's formulas.

export type FormulaReading =
  | { readonly kind: 'formula'; readonly text: string; readonly inputs: readonly string[] }
  /** what springtide's formulas do not have */
  | { readonly kind: 'left'; readonly what: readonly string[] };

type Piece =
  | { readonly kind: 'operand'; readonly text: string }
  | { readonly kind: 'sign'; readonly text: string }
  | { readonly kind: 'group'; readonly before: string; readonly pieces: readonly Piece[] };

/** More than springtide reads. */
const longest = 2000;
const signs = new Set(['+', '-', '*', '/', '??', ',', '<', '>', '<=', '>=', '==', '!=', '?', ':']);
const functions = new Set(['min', 'max']);
const token =
  /(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)|([\p{L}_$][\p{L}\p{N}_$]*)|("[^"]*"|'[^']*'|\?\?|\?\.|\*\*|[<>=!]=|&&|\|\||\.\.|[^\s])/gu;

/** `nameOf`: a trigger's name → the metric's name; null where no metric came of the trigger. */
export function convertFormula(formula: string, nameOf: (trigger: string) => string | null): FormulaReading {
  if (formula.length > longest) return { kind: 'left', what: [`${formula.length} > ${longest}`] };
  const left = new Set<string>();
  const inputs = new Set<string>();
  const tokens = [...formula.matchAll(token)];
  let at = 0;

  function piecesUntilClosed(): Piece[] {
    const pieces: Piece[] = [];
    for (let next = tokens[at]; next !== undefined && next[0] !== ')'; next = tokens[at]) {
      at += 1;
      const [text, , word] = next;
      if (text === '(') pieces.push(group(''));
      else if (word !== undefined) pieces.push(worded(word));
      else {
        const sign = next[3];
        if (sign !== undefined && !signs.has(sign)) left.add(sign);
        pieces.push({ kind: sign === undefined ? 'operand' : 'sign', text });
      }
    }
    return pieces;
  }

  function group(before: string): Piece {
    const pieces = piecesUntilClosed();
    if (tokens[at] === undefined) left.add('(');
    at += 1;
    return { kind: 'group', before, pieces };
  }

  function worded(word: string): Piece {
    if (tokens[at]?.[0] === '(') {
      at += 1;
      if (!functions.has(word)) left.add(`${word}()`);
      return group(word);
    }
    const name = nameOf(word);
    if (name === null) left.add(word);
    else inputs.add(name);
    return { kind: 'operand', text: name ?? word };
  }

  const pieces = piecesUntilClosed();
  if (at < tokens.length) left.add(')');
  if (left.size > 0) return { kind: 'left', what: [...left] };
  return { kind: 'formula', text: textOf(pieces), inputs: [...inputs] };
}

const isCoalescing = (piece: Piece | undefined): boolean => piece?.kind === 'sign' && piece.text === '??';

/** In KEDA's language ?? binds tighter than any other operator: parentheses say so, ours does not take it for granted. */
function textOf(pieces: readonly Piece[]): string {
  let text = '';
  for (let index = 0; index < pieces.length;) {
    let end = index + 1;
    while (isCoalescing(pieces[end])) end += 2;
    const chain = pieces.slice(index, end);
    const whole = chain.length === pieces.length;
    const written = chain.map(pieceText).join('');
    const isPrefix = pieces[index]?.kind === 'sign' && pieces[index - 1]?.kind !== 'operand';
    if (isPrefix && pieces[index - 1]?.kind !== 'group') text += written.trim();
    else text += chain.length > 1 && !whole ? `(${written})` : written;
    index = end;
  }
  return text;
}

function pieceText(piece: Piece): string {
  switch (piece.kind) {
    case 'operand':
      return piece.text;
    case 'sign':
      return piece.text === ',' ? ', ' : ` ${piece.text} `;
    case 'group':
      return `${piece.before}(${textOf(piece.pieces)})`;
  }
}
