// An object that one process writes: what others do to it meanwhile, labels, edits by a hand, another process.
import { describe, expect, it } from 'vitest';
import { HeldObject } from '../../../src/clients/kubernetes/held-object.ts';
import type { OwnObject, OwnObjects } from '../../../src/clients/kubernetes/own-objects.ts';
import { VirtualClock } from '../../../src/sandbox/clock.ts';
import { start } from '../../alerts/builders.ts';
import { anOwnWorld, namespace } from '../../state/own.ts';

const name = 'springtide-held';
const holding = (own: OwnObjects, writer: string, known: OwnObject | null): HeldObject =>
  new HeldObject({ own, namespace, name, labels: { mine: 'yes' }, writer }, known);

async function aHeldObject(change?: (own: OwnObjects) => OwnObjects): Promise<{
  readonly own: OwnObjects;
  readonly held: HeldObject;
  readonly there: () => Promise<OwnObject | null>;
  readonly edit: (change: (object: OwnObject) => OwnObject) => Promise<void>;
}> {
  const { own } = await anOwnWorld(new VirtualClock(start));
  const there = (): Promise<OwnObject | null> => own.get('ConfigMap', namespace, name);
  const held = holding(change?.(own) ?? own, 'one', null);
  await held.write({ data: { number: '1' } });
  return {
    own,
    held,
    there,
    edit: async (by) => {
      const object = await there();
      if (object !== null) await own.replace(by(object));
    },
  };
}

const labelled = (object: OwnObject): OwnObject => ({
  ...object,
  metadata: { ...object.metadata, labels: { ...object.metadata.labels, theirs: 'too' } },
});
const withoutMarks = (object: OwnObject): OwnObject => ({
  ...object,
  data: { number: 'garbage' },
  metadata: { ...object.metadata, annotations: {} },
});

describe('an object that one process writes', () => {
  it('is written over a label that somebody has put on it, and keeps that', async () => {
    const { held, edit, there } = await aHeldObject();
    await edit(labelled);
    await held.write({ data: { number: '2' } });
    expect(await there()).toMatchObject({
      data: { number: '2' },
      metadata: { labels: { mine: 'yes', theirs: 'too' } },
    });
  });

  it('is removed although somebody has put a label on it', async () => {
    const { held, edit, there } = await aHeldObject();
    await edit(labelled);
    await held.remove();
    expect(await there()).toBeNull();
  });

  it('is put right where a hand has replaced it by something without any marks', async () => {
    const { held, edit, there } = await aHeldObject();
    await edit(withoutMarks);
    await held.write({ data: { number: '2' } });
    expect((await there())?.data).toEqual({ number: '2' });
  });

  it('is made anew where a hand has deleted it', async () => {
    const { own, held, there } = await aHeldObject();
    await own.remove('ConfigMap', namespace, name, { uid: (await there())?.metadata.uid ?? '' });
    await held.write({ data: { number: '2' } });
    expect((await there())?.data).toEqual({ number: '2' });
  });

  it.each([
    ['a few times while it is written', 3, 'written'],
    ['all the time', 1000, 'Conflict'],
  ])('whose version moves %s is another process’s only where one has written it', async (_, times, outcome) => {
    let left = 0;
    const { held } = await aHeldObject((own) => ({
      ...own,
      replace: async (object) => {
        const there = left > 0 ? await own.get('ConfigMap', namespace, name) : null;
        left -= 1;
        if (there !== null) await own.replace(labelled({ ...there, data: { number: `${left}` } }));
        return own.replace(object);
      },
    }));
    left = times;
    const written = held.write({ data: { number: 'new' } }).then(
      () => 'written',
      (thrown: unknown) => (thrown as { readonly code?: string }).code,
    );
    expect(await written).toBe(outcome);
    left = 0;
    await held.write({ data: { number: 'newer' } });
  });

  it('is never written or removed over another process', async () => {
    const { own, held, there } = await aHeldObject();
    const other = holding(own, 'two', await there());
    await other.write({ data: { number: 'theirs' } });
    await expect(held.write({ data: { number: '2' } })).rejects.toMatchObject({ code: 'StateMoved' });
    await expect(held.remove()).rejects.toMatchObject({ code: 'StateMoved' });
    expect((await there())?.data).toEqual({ number: 'theirs' });
  });
});
