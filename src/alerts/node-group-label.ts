// The label `nodegroup` of an alert that names a pod or a node: given when it comes first, and kept for as long as it is known.
import type { Alert, LabelSet } from './alert.ts';
import { fingerprintOf } from './fingerprint.ts';

/** null: nobody knows where that is. */
export type NodeGroupOf = (place: {
  readonly node?: string | undefined;
  readonly namespace?: string | undefined;
  readonly pod?: string | undefined;
}) => string | null;

const label = 'nodegroup';

/** A pod may move while its alert fires: the end of it must have the labels of its beginning. */
export class NodeGroupLabel {
  readonly #groupOf: NodeGroupOf;
  /** by the fingerprint without the label */
  readonly #given = new Map<string, string>();

  constructor(groupOf: NodeGroupOf, known: Iterable<Alert>) {
    this.#groupOf = groupOf;
    for (const alert of known) this.keep(alert);
  }

  /** Of one that was taken in: what is refused leaves nothing here. */
  keep({ labels }: Alert): void {
    const { [label]: group, ...own } = labels;
    if (group !== undefined) this.#given.set(fingerprintOf(own), group);
  }

  /** `isKnown`: an alert with this fingerprint is, and goes on as it began. */
  addedTo(labels: LabelSet, global: LabelSet, isKnown: (fingerprint: string) => boolean): LabelSet {
    const { node, namespace, pod, [label]: own } = labels;
    if (own !== undefined || (node === undefined && pod === undefined)) return labels;
    const fingerprint = fingerprintOf({ ...global, ...labels });
    if (isKnown(fingerprint)) return labels;
    const group = this.#given.get(fingerprint) ?? this.#groupOf({ node, namespace, pod });
    return group === null ? labels : { ...labels, [label]: group };
  }

  forget({ labels }: Alert): void {
    const { [label]: group, ...own } = labels;
    if (group !== undefined) this.#given.delete(fingerprintOf(own));
  }
}
