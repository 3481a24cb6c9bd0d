// Taking a list apart object by object must give what a parse of the whole gives, for any JSON and any spacing.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listItems } from '../../../src/clients/kubernetes/list-items.ts';

function taken(text: string): { items: unknown[]; metadata: unknown } {
  const generator = listItems(text);
  const items: unknown[] = [];
  for (;;) {
    const step = generator.next();
    if (step.done === true) return { items, metadata: step.value };
    items.push(step.value);
  }
}

describe('listItems', () => {
  it('gives the same as a parse of the whole', () => {
    const anObject = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(fc.array(anObject), fc.jsonValue(), fc.constantFrom(0, 2, '\t'), (items, extra, spacing) => {
        const list = { extra, 'odd "key\\': extra, metadata: { resourceVersion: '7', continue: 'c"}]' }, items };
        const text = JSON.stringify(list, null, spacing);
        const expected = JSON.parse(text) as { items: unknown[] };
        expect(taken(text)).toEqual({ items: expected.items, metadata: { resourceVersion: '7', continue: 'c"}]' } });
      }),
    );
  });

  it('refuses every list that is cut off, and never hangs', () => {
    const text = JSON.stringify({ items: [{ a: ['b', '\\"'] }, { c: 1 }], metadata: { resourceVersion: '7' } });
    for (let length = 0; length < text.length; length++) expect(() => taken(text.slice(0, length))).toThrow(/list/);
    expect(taken(text).items).toHaveLength(2);
  });

  it.each([
    ['{"items":null,"metadata":{"resourceVersion":"7"}}', []],
    ['{"items":[],"metadata":{"resourceVersion":"7","continue":""}}', []],
  ])('reads %s', (text, items) => {
    expect(taken(text)).toEqual({ items, metadata: { resourceVersion: '7', continue: undefined } });
  });
});
