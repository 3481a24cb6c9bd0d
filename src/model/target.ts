// What a PodPolicy scales, named the way kubectl names it.

export interface TargetRef {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export type TargetKey = string;

/** Without the API version: a Deployment stays the same one when its API moves from v1beta1 to v1. */
export function targetKey(target: TargetRef): TargetKey {
  let key = keys.get(target);
  if (key === undefined) keys.set(target, (key = `${target.namespace}/${target.kind}/${target.name}`));
  return key;
}

/** The same target is asked for its key a dozen times a tick. */
const keys = new WeakMap<TargetRef, TargetKey>();

/** For people: shop/web. */
export const targetName = (target: TargetRef): string => `${target.namespace}/${target.name}`;
