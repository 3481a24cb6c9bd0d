// keda: a ScaledObject as its owner wrote it, brought over by the product's own conversion and loaded like any policy.
import { convertObjects } from '../../../../src/convert/convert.ts';
import { targetAnnotations } from '../../../../src/convert/keda-bounds.ts';
import type { Config, PodPolicy } from '../../../../src/model/config.ts';
import { loadPolicies, namespace } from '../policies.ts';
import type { Fields } from '../vector.ts';

export const target = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: 'target' };

export interface ScaledObject {
  readonly triggers: readonly Fields[];
  /** of its spec, beside target and triggers */
  readonly spec?: Fields;
}

export type Imported =
  | { readonly status: 'accepted'; readonly config: Config; readonly policy: PodPolicy }
  | { readonly status: 'refused'; readonly why: string };

/** The defaults of KEDA stay KEDA's: an empty answer is 0 unless told otherwise. */
export function imported({ triggers, spec = {} }: ScaledObject): Imported {
  const object = {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name: 'case', namespace },
    spec: { scaleTargetRef: { name: target.name }, triggers, ...withoutHoles(spec) },
  };
  const options = { namespace, queries: new Map<string, string>(), keepIgnoreNullValues: true };
  const { policies, notes } = convertObjects([object], 'keda', options);
  const [converted] = policies;
  const left = notes.filter(({ effect, code }) => effect === 'left' && code !== 'PollingOfTheDaemon');
  if (converted === undefined || left.length > 0)
    return { status: 'refused', why: left.map(({ code, facts }) => `${code} ${JSON.stringify(facts)}`).join('; ') };
  // A conversion begins as a dry run, and with bounds that are reached step by step.
  const policy = { ...converted.document.spec, mode: 'act' };
  const loaded = loadPolicies([{ name: 'case', spec: policy }]);
  if (loaded.status === 'refused') return loaded;
  const [one] = loaded.config.podPolicies;
  if (one === undefined) throw new Error('the loader gives no policy');
  return { status: 'accepted', config: loaded.config, policy: one };
}

export const withoutHoles = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));

/** What the owner would write on the target, as the conversion says. */
export const annotationsOf = (annotations: Fields): Readonly<Record<string, string>> =>
  Object.fromEntries(
    targetAnnotations(annotations).map(({ annotation }) => {
      const [name = '', value = ''] = annotation.split('=');
      return [name, value];
    }),
  );

export interface TriggerSettings {
  readonly name: string;
  readonly threshold?: number | string;
  readonly activationThreshold?: number;
  readonly metricType?: string;
  readonly ignoreNullValues?: boolean;
}

/** Its query is its name. */
export const prometheusTrigger = ({ name, metricType, ...metadata }: TriggerSettings): Fields => ({
  type: 'prometheus',
  name,
  ...withoutHoles({ metricType }),
  metadata: {
    serverAddress: 'http://127.0.0.1:9',
    query: name,
    ...Object.fromEntries(Object.entries(withoutHoles(metadata)).map(([key, value]) => [key, String(value)])),
  },
});

export const pollingSeconds = 30;
