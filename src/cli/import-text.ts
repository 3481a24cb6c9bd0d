// What springtide import prints: policies with comments where something is to be checked, and the list of notes.
import { Document, isMap, isSeq } from 'yaml';
import type { Conversion, ConvertedPolicy } from '../convert/convert.ts';
import type { Effect, Note, Origin } from '../convert/note.ts';
import { fillText, type Texts } from '../model/texts.ts';

const sentence = (texts: Texts, { code, facts }: Note): string => fillText(texts, `cli.import.note.${code}`, facts);
const nameOf = ({ kind, namespace, name }: Origin): string =>
  [kind, name === '' ? '' : `${namespace}/${name}`].filter((word) => word !== '').join(' ') || '?';

/** One comment line: what stands in it cannot begin another line of the document. */
const comment = (text: string): string => ` ${text.replace(/\s+/g, ' ')}`;

export function policiesText({ policies, notes }: Conversion, texts: Texts): string {
  return policies.map((policy) => policyText(policy, notes, texts)).join('---\n');
}

function policyText({ document, from }: ConvertedPolicy, notes: readonly Note[], texts: Texts): string {
  const yaml = new Document(document, { aliasDuplicateObjects: false });
  const own = notes.filter(({ object, effect }) => object === from && effect === 'check');
  const marked = (note: Note): string => comment(`CHECK: ${sentence(texts, note)}`);
  yaml.commentBefore = [
    comment(fillText(texts, 'cli.import.from', { object: nameOf(from) })),
    ...own.filter(({ metric }) => metric === undefined).map(marked),
  ].join('\n');
  const metrics = yaml.getIn(['spec', 'metrics']);
  for (const item of isSeq(metrics) ? metrics.items : []) {
    if (!isMap(item)) continue;
    const above = own.filter(({ metric }) => metric !== undefined && metric === item.get('name'));
    if (above.length > 0) item.commentBefore = above.map(marked).join('\n');
  }
  // A query stays on its line, as it was written.
  return yaml.toString({ lineWidth: 0 });
}

const effects: readonly Effect[] = ['carried', 'changed', 'check', 'left'];

/** Object by object in the order they were read, then what is said of all. `refusals`: of each policy. */
export function notesText(
  { policies, notes }: Conversion,
  refusals: readonly (readonly string[])[],
  texts: Texts,
): string {
  const objects = [...new Set(notes.map(({ object }) => object))];
  const refusalsOf = (object: Origin | null): readonly string[] =>
    refusals[policies.findIndex(({ from }) => from === object)] ?? [];
  const lines = objects.flatMap((object) => {
    const own = notes.filter((note) => note.object === object);
    return [
      object === null ? fillText(texts, 'cli.import.general') : nameOf(object),
      ...effects.flatMap((effect) =>
        own
          .filter((note) => note.effect === effect)
          .map((note) => `  ${fillText(texts, `cli.import.effect.${effect}`)}: ${sentence(texts, note)}`),
      ),
      ...refusalsOf(object).map((refusal) => `  ${refusal}`),
    ];
  });
  const count = fillText(texts, 'cli.import.count', { count: policies.length });
  return `${[...lines, count].join('\n')}\n`;
}
