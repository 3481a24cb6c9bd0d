// A person's resize is written on one node of the group, the same one each time, and a node that cannot be written to stops nobody.
import { expect, it } from 'vitest';
import { sayWhoResizes } from '../../src/cli/operate/say-who-resizes.ts';
import { resizedAnnotation } from '../../src/model/annotations.ts';
import type { Node } from '../../src/model/kubernetes.ts';
import { aNode, noon } from '../builders.ts';

const resized = { nodeGroup: 'default-worker', to: 4, by: 'li', at: noon };
const plain = [aNode('w-1').build(), aNode('w-2').build()];
const told = [
  aNode('w-1').build(),
  aNode('w-2')
    .annotated({ [resizedAnnotation]: '{}' })
    .build(),
];

it.each<[string, readonly Node[], readonly string[], boolean]>([
  ['the first node', plain, ['w-1'], true],
  ['the one that tells of the last time', told, ['w-2'], true],
  ['nothing in a group without nodes', [], [], false],
])('writes on %s', async (_, nodes, expected, answer) => {
  const written: string[] = [];
  const patchNode = (name: string, { annotations }: { annotations?: object }): Promise<Node> => {
    written.push(name);
    expect(annotations).toEqual({ [resizedAnnotation]: JSON.stringify(resized) });
    return Promise.resolve(aNode(name).build());
  };
  expect(await sayWhoResizes({ patchNode }, { nodes }, resized)).toBe(answer);
  expect(written).toEqual(expected);
});

it('goes on where the node cannot be written to', async () => {
  const patchNode = (): Promise<Node> => Promise.reject(new Error('forbidden'));
  expect(await sayWhoResizes({ patchNode }, { nodes: plain }, resized)).toBe(false);
});
