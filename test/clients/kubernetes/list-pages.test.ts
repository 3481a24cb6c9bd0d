// Lists read page by page: how large the pages are, and that what is done with one lets others breathe.
import { describe, expect, it } from 'vitest';
import { listPages } from '../../../src/clients/kubernetes/list-pages.ts';
import type { Json } from '../../../src/clients/kubernetes/projections.ts';
import type { KubernetesTransport } from '../../../src/clients/kubernetes/transport.ts';

const lists = 6;
const objects = 8;
/** Two of these are a slice. */
const work = 5;

const body = JSON.stringify({
  metadata: { resourceVersion: '1' },
  items: Array.from({ length: objects }, (_, index) => ({ metadata: { name: `object-${index}` } })),
});
const transport: KubernetesTransport = {
  request: () => Promise.resolve({ status: 200, headers: {}, body, json: () => JSON.parse(body) as Json }),
  open: () => Promise.reject(new Error('nobody watches here')),
  close: () => undefined,
};

describe('lists that are read at once', () => {
  it('take one slice of a turn of the event loop together, not one each', async () => {
    let [taken, inOneTurn, most] = [0, 0, 0];
    let isOver = false;
    const turn = (): void => {
      most = Math.max(most, inOneTurn);
      inOneTurn = 0;
      if (!isOver) setImmediate(turn);
    };
    const project = (): { readonly metadata: { readonly name: string } } => {
      const until = performance.now() + work;
      while (performance.now() < until);
      return { metadata: { name: 'one' } };
    };
    turn();
    const reading = Array.from({ length: lists }, () =>
      listPages(
        {
          transport,
          path: '/api/v1/pods',
          selectors: {},
          pageSize: 250,
          fields: 'whole',
          project,
          onPage: () => undefined,
          signal: new AbortController().signal,
        },
        () => {
          taken += 1;
          inOneTurn += 1;
        },
      ),
    );
    expect(await Promise.all(reading)).toEqual(Array<string>(lists).fill('1'));
    isOver = true;
    turn();
    expect(taken).toBe(lists * objects);
    expect(most).toBeLessThanOrEqual(3);
  });
});
