// Nova's part of the snapshot: the quota on every tick, flavors and servers now and then; a cloud without Nova is one named error.
import type { Nova } from '../clients/openstack/nova.ts';
import type { Clock } from '../clock.ts';
import type { NovaFacts } from '../model/snapshot.ts';
import { later, minutes } from '../model/units.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import type { Gathering } from './gathering.ts';

export type NovaSource = Nova;

const flavorsFor = minutes(10);
const serversFor = minutes(1);

/** Holds what changes seldom from one tick to the next: a project's servers are megabytes. */
export function createNovaCollector(source: NovaSource, clock: Clock): (gathering: Gathering) => Promise<NovaFacts> {
  const flavors = remembered(clock, flavorsFor, () => source.flavors());
  const servers = remembered(clock, serversFor, () => source.servers());
  return async (gathering) => {
    const presence = await gathering.read('nova', 'limits', () => source.presence());
    if (presence === undefined) return {};
    if (presence.state === 'absent') {
      gathering.fail('nova', 'limits', 'NotInCatalog', presence.why);
      return {};
    }
    const [limits, flavorList, serverList] = await Promise.all([
      gathering.read('nova', 'limits', () => source.limits()),
      gathering.read('nova', 'flavors', flavors),
      gathering.read('nova', 'servers', servers),
    ]);
    return {
      ...(limits && { limits }),
      ...(flavorList && { flavors: flavorList }),
      ...(serverList && { servers: serverList }),
    };
  };
}

function remembered<T>(clock: Clock, length: Milliseconds, read: () => Promise<T>): () => Promise<T> {
  let known: { readonly value: T; readonly until: Instant } | null = null;
  return async () => {
    if (known !== null && known.until > clock.now()) return known.value;
    const value = await read();
    known = { value, until: later(clock.now(), length) };
    return value;
  };
}
