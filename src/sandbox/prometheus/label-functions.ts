// label_replace and label_join.
import { anchored } from './matchers.ts';
import { QueryError, refuseDuplicates } from './values.ts';
import type { VectorSample } from './values.ts';

function checkLabelName(name: string, where: string): void {
  if (name === '') throw new QueryError('execution', `invalid ${where} label name in ${where}(): ""`);
}

export function labelReplace(samples: readonly VectorSample[], texts: readonly string[]): readonly VectorSample[] {
  const [target = '', replacement = '', source = '', pattern = ''] = texts;
  checkLabelName(target, 'label_replace');
  const regex = compile(pattern);
  const out = samples.map((sample) => {
    const matcher = regex.matcher(sample.labels.get(source));
    if (!matcher.find()) return sample;
    const text = replacement.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
      if (whole === '$$') return '$';
      const name = braced ?? bare ?? '';
      const group = /^\d+$/.test(name) ? Number(name) : name;
      if (typeof group === 'number' ? group > matcher.groupCount() : !(name in regex.namedGroups())) return '';
      return matcher.group(group) ?? '';
    });
    return { labels: sample.labels.with(target, text), value: sample.value };
  });
  return refuseDuplicates(out);
}

function compile(pattern: string): ReturnType<typeof anchored> {
  try {
    return anchored(pattern);
  } catch {
    throw new QueryError('execution', `invalid regular expression in label_replace(): ${pattern}`);
  }
}

export function labelJoin(samples: readonly VectorSample[], texts: readonly string[]): readonly VectorSample[] {
  const [target = '', separator = '', ...sources] = texts;
  checkLabelName(target, 'label_join');
  const out = samples.map(({ labels, value }) => ({
    labels: labels.with(target, sources.map((source) => labels.get(source)).join(separator)),
    value,
  }));
  return refuseDuplicates(out);
}
