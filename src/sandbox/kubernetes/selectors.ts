// Label and field selectors: the query parameters' text form and the objects' structured form.
import { requirementMatches } from '../../model/selector-requirement.ts';
import { storedEventField } from './api/events.ts';
import { eventsGroup } from './resources.ts';
import { badRequest } from './status.ts';
import type { KubeObject, LabelSelector, SelectorRequirement } from './objects.ts';
import type { Resource } from './resources.ts';

type Labels = Readonly<Record<string, string>>;
export type Predicate = (object: KubeObject) => boolean;

/** A missing selector matches nothing, an empty one everything, as apps/v1 and policy/v1 have it. */
export function selects(selector: LabelSelector | undefined, labels: Labels = {}): boolean {
  if (selector === undefined) return false;
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (labels[key] !== value) return false;
  return (selector.matchExpressions ?? []).every((requirement) => requirementMatches(requirement, labels));
}

export const isEmptySelector = (selector: LabelSelector | undefined): boolean =>
  Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;

const name = '[A-Za-z0-9](?:[A-Za-z0-9_.\\-/]*[A-Za-z0-9])?';
const setForm = new RegExp(`^(${name})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const equalForm = new RegExp(`^(${name})\\s*(==|=|!=)\\s*([A-Za-z0-9_.\\-]*)$`);
const orderForm = new RegExp(`^(${name})\\s*([<>])\\s*(-?\\d+)$`);
const existsForm = new RegExp(`^(!?)\\s*(${name})$`);

function parseRequirement(text: string): SelectorRequirement {
  const set = setForm.exec(text);
  if (set)
    return {
      key: set[1] ?? '',
      operator: set[2] === 'in' ? 'In' : 'NotIn',
      values: (set[3] ?? '').split(',').map((value) => value.trim()),
    };
  const equal = equalForm.exec(text);
  if (equal) return { key: equal[1] ?? '', operator: equal[2] === '!=' ? 'NotIn' : 'In', values: [equal[3] ?? ''] };
  const order = orderForm.exec(text);
  if (order) return { key: order[1] ?? '', operator: order[2] === '>' ? 'Gt' : 'Lt', values: [order[3] ?? ''] };
  const exists = existsForm.exec(text);
  if (exists) return { key: exists[2] ?? '', operator: exists[1] === '!' ? 'DoesNotExist' : 'Exists' };
  throw badRequest(`unable to parse requirement: found '${text}', expected a label selector such as app=web`);
}

/** `a=b,c in (d,e),!f`: commas within parentheses do not part requirements. */
export function parseLabelSelector(text: string): Predicate {
  const parts = text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const requirements = parts.map(parseRequirement);
  return (object) => requirements.every((requirement) => requirementMatches(requirement, object.metadata.labels ?? {}));
}

function fieldOf(object: KubeObject, path: string): string {
  // the one field that is not where it is called
  if (path === 'source') return fieldOf(object, 'source.component') || fieldOf(object, 'reportingComponent');
  let value: unknown = object;
  for (const part of path.split('.'))
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[part] : undefined;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

const everywhere = ['metadata.name', 'metadata.namespace'];
const byKind: Readonly<Record<string, readonly string[]>> = {
  Pod: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'status.phase',
    'status.podIP',
  ],
  Node: ['spec.unschedulable'],
  Namespace: ['status.phase'],
  Event: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'type',
    'source',
    'reportingComponent',
  ],
  Job: ['status.successful'],
  ReplicaSet: ['status.replicas'],
  ReplicationController: ['status.replicas'],
  Secret: ['type'],
};

export function parseFieldSelector(text: string, { kind, group }: Pick<Resource, 'kind' | 'group'>): Predicate {
  const known = [...everywhere, ...(byKind[kind] ?? [])];
  const terms = text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const match = /^\s*([\w.]+)\s*(==|=|!=)\s*(.*?)\s*$/.exec(part);
      if (!match) throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`);
      const [, asked = '', operator, value = ''] = match;
      const path = group === eventsGroup ? storedEventField(asked) : asked;
      if (!known.includes(path) || (group === eventsGroup && path === asked && path.startsWith('involvedObject')))
        throw badRequest(`field label not supported: ${asked}`);
      return { path, equal: operator !== '!=', value };
    });
  return (object) => terms.every(({ path, equal, value }) => (fieldOf(object, path) === value) === equal);
}
