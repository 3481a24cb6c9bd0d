// Which rights this configuration needs, out of the one table; whether the account has them; and the rules to add where not.
import { z } from 'zod';
import type { KubernetesTransport } from '../clients/kubernetes/transport.ts';
import type { Config, PodPolicy } from '../model/config.ts';
import type { Mode } from '../model/plan.ts';
import { rights, type Right as RbacRule } from '../model/rights.ts';
import { mostCautious } from '../policies/pods/target-look.ts';

/** One verb on one resource, where it is needed. */
export interface Wanted {
  readonly verb: string;
  readonly group: string;
  /** with its subresource: deployments/scale */
  readonly resource: string;
  /** only the object of this name */
  readonly name: string | null;
  /** null: in the whole cluster */
  readonly namespace: string | null;
  /** without it something is left out, and nothing fails */
  readonly optional: boolean;
}

export interface Right extends Wanted {
  /** null: the API server does not say */
  readonly allowed: boolean | null;
}

const wantedIn = (rules: readonly RbacRule[], namespace: string | null, optional = false): readonly Wanted[] =>
  rules.flatMap(({ apiGroups, resources, verbs, resourceNames = [null] }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.flatMap((verb) =>
          resourceNames.map((name): Wanted => ({ verb, group, resource, name, namespace, optional })),
        ),
      ),
    ),
  );

const reviewing: readonly RbacRule[] = [
  { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
  { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
];

const isWriting = (mode: Mode): boolean => mode === 'act' || mode === 'confirm';
const isActing = (daemon: Mode, ...modes: readonly Mode[]): boolean =>
  modes.some((mode) => isWriting(mostCautious(daemon, mode)));

interface Needs {
  readonly acts: boolean;
  /** puts to sleep, and writes on the target what it had */
  readonly sleeps: boolean;
  readonly choosesVictims: boolean;
}

/** What a policy does with its targets, under the mode of the whole daemon. */
export function needsOf({ spec }: PodPolicy, daemonMode: Mode): Needs {
  const acts = isActing(daemonMode, spec.mode.up, spec.mode.down);
  return {
    acts,
    sleeps: acts && (spec.zero !== undefined || spec.schedule.some(({ replicas }) => replicas === 0)),
    choosesVictims: spec.victim !== undefined && isActing(daemonMode, spec.mode.down),
  };
}

/** A dry run needs to see and to tell; what acts needs what it does. `own`: springtide's namespace, where it is known. */
export function rightsFor({ daemon, podPolicies, nodePolicies }: Config, own: string | null): readonly Wanted[] {
  const { namespaces } = daemon.kubernetes;
  const places: readonly (string | null)[] = namespaces.length === 0 ? [null] : namespaces;
  const inPlaces = (rules: readonly RbacRule[], optional = false): readonly Wanted[] =>
    places.flatMap((place) => wantedIn(rules, place, optional));
  const needs = podPolicies.map((policy) => needsOf(policy, daemon.mode));
  const { auth } = daemon.http;
  const reviews = auth !== undefined && auth !== 'none' && auth.tokenReview !== undefined;
  const home = daemon.state.kubernetes?.namespace ?? own;
  return [
    ...wantedIn(rights.seeCluster, null),
    ...inPlaces(rights.see),
    ...inPlaces(rights.tell),
    ...(nodePolicies.length > 0 ? wantedIn(rights.seeOthers, 'kube-system', true) : []),
    ...(needs.some(({ acts }) => acts) ? inPlaces(rights.scale) : []),
    ...(needs.some(({ sleeps }) => sleeps) ? inPlaces(rights.sleep) : []),
    ...(needs.some(({ choosesVictims }) => choosesVictims) ? inPlaces(rights.choose) : []),
    ...(nodePolicies.some(({ spec: { mode } }) => isActing(daemon.mode, mode.grow, mode.shrink))
      ? wantedIn(rights.nodes, null)
      : []),
    ...(daemon.state.kubernetes === undefined ? [] : wantedIn(rights.own, home)),
    ...(daemon.state.kubernetes === undefined ? [] : inPlaces(rights.policies, true)),
    ...(reviews ? wantedIn(reviewing, null) : []),
  ];
}

const review = z.looseObject({ status: z.looseObject({ allowed: z.boolean() }) });

export async function rightOf(transport: Pick<KubernetesTransport, 'request'>, wanted: Wanted): Promise<Right> {
  const { verb, group, namespace, name } = wanted;
  const [resource, subresource] = wanted.resource.split('/');
  try {
    const response = await transport.request({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: {
          resourceAttributes: {
            verb,
            group,
            resource,
            ...(subresource !== undefined && { subresource }),
            ...(namespace !== null && { namespace }),
            ...(name !== null && { name }),
          },
        },
      },
      idempotent: true,
      operation: 'access review',
    });
    return { ...wanted, allowed: review.parse(response.json()).status.allowed };
  } catch {
    return { ...wanted, allowed: null };
  }
}

export interface MissingRights {
  /** null: in the whole cluster */
  readonly namespace: string | null;
  readonly optional: boolean;
  /** lines of YAML for the rules of a role */
  readonly rules: readonly string[];
}

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');

/** What is to be added to one role each: the rules of one place, those of one resource in one line. */
export function missingRights(granted: readonly Right[]): readonly MissingRights[] {
  const places = new Map<string, { first: Right; byObject: Map<string, Right[]> }>();
  for (const right of granted) {
    if (right.allowed !== false) continue;
    const { namespace, optional, group, resource, name } = right;
    const place = JSON.stringify([namespace, optional]);
    const known = places.get(place) ?? { first: right, byObject: new Map<string, Right[]>() };
    places.set(place, known);
    const object = JSON.stringify([group, resource, name]);
    known.byObject.set(object, [...(known.byObject.get(object) ?? []), right]);
  }
  return [...places.values()].map(({ first: { namespace, optional }, byObject }) => ({
    namespace,
    optional,
    rules: [...byObject.values()].flatMap(([first, ...others]) => {
      if (first === undefined) return [];
      const names = first.name === null ? '' : `, resourceNames: [${quoted([first.name])}]`;
      const verbs = [first, ...others].map(({ verb }) => verb);
      return [`{apiGroups: ["${first.group}"], resources: ["${first.resource}"]${names}, verbs: [${quoted(verbs)}]}`];
    }),
  }));
}
