// The ConfigMap of one home of the ledger: what it is called, how it is labelled, and what it holds.
import type { OwnObject } from '../../clients/kubernetes/own-objects.ts';
import type { HeldContent } from '../../clients/kubernetes/held-object.ts';
import { isGroupHome, type Home } from './homes.ts';
import { unpacked } from './packing.ts';
import { cutOf, joinedParts } from './parts.ts';

export const prefix = 'springtide-ledger-';
/** by this all of them are found */
export const label = 'springtide.io/ledger';
const field = 'ledger.jsonl.gz';

export const nameOf = (home: Home): string => `${prefix}${home}`;

/** Of a part: whose it is. */
export const homeIn = ({ metadata }: OwnObject): Home => metadata.name.slice(prefix.length).split('.')[0] ?? '';

const labelled = (kind: 'group' | 'shared' | 'part'): Readonly<Record<string, string>> => ({
  [label]: kind,
  'app.kubernetes.io/managed-by': 'springtide',
});
export const partLabels = labelled('part');
export const labelsOf = (home: Home): Readonly<Record<string, string>> =>
  labelled(isGroupHome(home) ? 'group' : 'shared');

/** All of it in the object itself. */
export const wholeContent = (bytes: Buffer): HeldContent => ({ binaryData: { [field]: bytes.toString('base64') } });

/** Its lines, also where they are in parts. Nothing where it cannot be unpacked: the replay tells it as damage. */
export async function contentOf(object: OwnObject, byName: ReadonlyMap<string, OwnObject>): Promise<Buffer> {
  const cut = cutOf(object);
  const bytes =
    cut === null
      ? Buffer.from(object.binaryData?.[field] ?? '', 'base64')
      : joinedParts(object.metadata.name, cut, byName);
  return unpacked(bytes).catch(() => Buffer.from('?\n'));
}
