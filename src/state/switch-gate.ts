// What people have switched off, asked in the moment in which something is to begin.
import type { Clock } from '../clock.ts';
import type { SwitchWay } from '../model/snapshot.ts';
import { instantOf } from '../model/units.ts';
import type { ControlHome } from './control.ts';

export function switchGate(control: Pick<ControlHome, 'latest'>, clock: Clock) {
  return {
    mayBegin: (way: SwitchWay): { readonly reason: string } | null => {
      const facts = control.latest().control;
      if (facts?.off.includes(way) !== true) return null;
      const until = instantOf(facts.until);
      if (until !== null && clock.now() >= until) return null;
      return { reason: `${way} was switched off meanwhile by ${facts.by || 'somebody'}: ${facts.why}` };
    },
  };
}
