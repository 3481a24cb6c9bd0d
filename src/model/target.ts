// What a PodPolicy scales, named the way kubectl names it.

export interface TargetRef {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export type TargetKey = string;

/** Without the API version: a Deployment stays the same one when its API moves from v1beta1 to v1. */
export const targetKey = (target: TargetRef): TargetKey => `${target.namespace}/${target.kind}/${target.name}`;
/** For people: shop/web. */
export const targetName = (target: TargetRef): string => `${target.namespace}/${target.name}`;
