// Objects without their insides, as meta.k8s.io/v1 PartialObjectMetadata: what clients ask for that only need names and labels.
import type { KubeObject } from '../objects.ts';

export const wantsMetadata = (accept: string): boolean => /as=PartialObjectMetadata(?:List)?\b/.test(accept);

const apiVersion = 'meta.k8s.io/v1';

export const metadataOf = ({ metadata }: KubeObject): object => ({
  kind: 'PartialObjectMetadata',
  apiVersion,
  metadata,
});

export const metadataListOf = (objects: readonly KubeObject[], metadata: object): object => ({
  kind: 'PartialObjectMetadataList',
  apiVersion,
  metadata,
  items: objects.map(metadataOf),
});
