// The selector of a scale's status, written as text ("a=b,c!=d,e in (x,y),!f,g"), read back into a label selector.
import type { LabelSelector, SelectorRequirement } from '../model/kubernetes.ts';

const key = String.raw`[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?`;
const value = String.raw`(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?`;
const equality = new RegExp(String.raw`^(${key})\s*(==|=|!=)\s*(${value})$`);
const ofSet = new RegExp(String.raw`^(${key})\s+(in|notin)\s*\(([^()]*)\)$`);
const presence = new RegExp(String.raw`^(!?)\s*(${key})$`);
const plainValue = new RegExp(`^${value}$`);
const comparison = new RegExp(String.raw`^(${key})\s*([<>])\s*(-?\d+)$`);

/** Longer than any selector, and short enough to be read in no time. */
const longest = 16_384;

/** null where the text is no selector; an empty text selects everything, which no target may mean: null as well. */
export function parseSelectorText(text: string): LabelSelector | null {
  if (text.length > longest) return null;
  const matchLabels: Record<string, string> = {};
  const matchExpressions: SelectorRequirement[] = [];
  for (const part of partsOf(text)) {
    const requirement = requirementOf(part.trim());
    if (requirement === null) return null;
    const [only] = requirement.values ?? [];
    const plain = requirement.operator === 'In' && requirement.values?.length === 1 && only !== undefined;
    if (plain && !Object.hasOwn(matchLabels, requirement.key)) matchLabels[requirement.key] = only;
    else matchExpressions.push(requirement);
  }
  return { matchLabels, ...(matchExpressions.length > 0 && { matchExpressions }) };
}

/** Split at the commas outside of parentheses. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')') depth--;
    else if (text[at] === ',' && depth === 0) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)];
}

function requirementOf(part: string): SelectorRequirement | null {
  const equal = equality.exec(part);
  if (equal !== null)
    return { key: equal[1] ?? '', operator: equal[2] === '!=' ? 'NotIn' : 'In', values: [equal[3] ?? ''] };
  const set = ofSet.exec(part);
  if (set !== null) {
    const values = (set[3] ?? '').split(',').map((one) => one.trim());
    if (!values.every((one) => plainValue.test(one))) return null;
    return { key: set[1] ?? '', operator: set[2] === 'in' ? 'In' : 'NotIn', values };
  }
  const compared = comparison.exec(part);
  if (compared !== null)
    return { key: compared[1] ?? '', operator: compared[2] === '>' ? 'Gt' : 'Lt', values: [compared[3] ?? ''] };
  const present = presence.exec(part);
  if (present !== null) return { key: present[2] ?? '', operator: present[1] === '!' ? 'DoesNotExist' : 'Exists' };
  return null;
}
