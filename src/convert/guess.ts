// The PromQL that may stand behind an HPA metric: the HPA names a metric of an adapter, not the query behind it.
import { fieldsOf, listOf, textOf, type Fields } from './read.ts';

const quoted = (text: string): string => JSON.stringify(text);
const labelName = (name: string): string => name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_');
const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
const oneOf = (values: unknown): string =>
  listOf(values)
    .flatMap((value) => textOf(value) ?? [])
    .map(literal)
    .join('|');

function selectorMatchers(selector: unknown): string[] {
  const { matchLabels, matchExpressions } = fieldsOf(selector);
  const equal = Object.entries(fieldsOf(matchLabels)).map(
    ([label, value]) => `${labelName(label)}=${quoted(textOf(value) ?? '')}`,
  );
  const expressions = listOf(matchExpressions).flatMap((item) => {
    const { key, operator, values } = fieldsOf(item);
    const label = labelName(textOf(key) ?? '');
    if (label === '') return [];
    switch (operator) {
      case 'In':
        return [`${label}=~${quoted(oneOf(values))}`];
      case 'NotIn':
        return [`${label}!~${quoted(oneOf(values))}`];
      case 'Exists':
        return [`${label}!=""`];
      case 'DoesNotExist':
        return [`${label}=""`];
      default:
        return [];
    }
  });
  return [...equal, ...expressions];
}

function series(metric: string, matchers: readonly string[]): string {
  // The usual rule of prometheus-adapter: a rate of the counter, under the counter's name with another ending.
  const counter = /^([a-zA-Z_:][a-zA-Z0-9_:]*)_per_second$/.exec(metric)?.[1];
  if (counter !== undefined) return `rate(${vector(`${counter}_total`, matchers)}[2m])`;
  return vector(metric, matchers);
}

// Words that PromQL reads as something else are written as a matcher, as are names with other characters.
const plainName =
  /^(?!(?:and|or|unless|by|without|on|ignoring|offset|bool|start|end|inf|nan|atan2)$)[a-zA-Z_:][\w:]*$/i;

function vector(metric: string, matchers: readonly string[]): string {
  if (plainName.test(metric)) return matchers.length === 0 ? metric : `${metric}{${matchers.join(',')}}`;
  return `{${[`__name__=${quoted(metric)}`, ...matchers].join(',')}}`;
}

/** One series a pod. */
export const podsGuess = (metric: string, selector: unknown, namespace: string): string =>
  `sum by (pod) (${series(metric, [`namespace=${quoted(namespace)}`, ...selectorMatchers(selector)])})`;

/** The object that the metric describes is a label of its kind, as prometheus-adapter has it. */
export function objectGuess(metric: string, selector: unknown, namespace: string, described: Fields): string {
  const kind = labelName((textOf(described['kind']) ?? '').toLowerCase());
  const name = textOf(described['name']) ?? '';
  const object =
    kind === 'namespace'
      ? [`namespace=${quoted(name)}`]
      : [`namespace=${quoted(namespace)}`, ...(kind === '' ? [] : [`${kind}=${quoted(name)}`])];
  return `sum(${series(metric, [...object, ...selectorMatchers(selector)])})`;
}

export const externalGuess = (metric: string, selector: unknown): string =>
  `sum(${series(metric, selectorMatchers(selector))})`;
