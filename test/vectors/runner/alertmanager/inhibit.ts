// alertmanager: which alert is held back while another one fires.
import { fingerprintOf } from '../../../../src/alerts/fingerprint.ts';
import { compileInhibitRules, Inhibition } from '../../../../src/alerts/inhibit.ts';
import { alertsDocument } from '../../../../src/config/schema/alerts.ts';
import { later, seconds } from '../../../../src/model/units.ts';
import type { Instant } from '../../../../src/model/units.ts';
import { wholeAdapter, type Fields } from '../vector.ts';

type Labels = Readonly<Record<string, string>>;

const now = Date.UTC(2026, 0, 1) as Instant;

function inhibitionOf(rules: readonly Fields[]): Inhibition {
  const document = alertsDocument.parse({
    route: { receiver: 'any' },
    receivers: [{ name: 'any' }],
    inhibit_rules: rules,
  });
  return new Inhibition(compileInhibitRules(document.inhibit_rules));
}

const labelled = (labels: Labels): { readonly labels: Labels; readonly fingerprint: string } => ({
  labels,
  fingerprint: fingerprintOf(labels),
});

interface HasEqual {
  readonly sources: readonly { readonly labels: Labels; readonly ends_in_s: number | null }[];
  readonly equal: readonly string[];
  readonly target: Labels;
  readonly expect: boolean;
}

// The cases are about the equal labels alone: a label of ours tells sources and targets apart.
const side = 'side_of_the_rule';

export const hasEqualCase = wholeAdapter<{ whole: HasEqual }>(({ sources, equal, target, expect }) => {
  const inhibition = inhibitionOf([{ source_match: { [side]: 'source' }, target_match: { [side]: 'target' }, equal }]);
  for (const { labels, ends_in_s: ends } of sources) {
    const alert = labelled({ ...labels, [side]: 'source' });
    inhibition.set({ ...alert, ended: null, ...(ends !== null && { expires: later(now, seconds(ends)) }) });
  }
  return {
    expected: { inhibited: expect },
    got: { inhibited: inhibition.mutedBy(labelled({ ...target, [side]: 'target' }), now).length > 0 },
  };
});

interface Mutes {
  readonly rules: readonly {
    readonly source?: readonly string[];
    readonly target?: readonly string[];
    readonly equal?: readonly string[];
  }[];
  readonly active_alerts?: readonly Labels[];
  readonly alerts_in_order?: readonly { readonly labels: Labels; readonly active: boolean }[];
  readonly target: Labels;
  readonly expect_muted: boolean;
}

export const mutesCase = wholeAdapter<{ whole: Mutes }>((whole) => {
  const inhibition = inhibitionOf(
    whole.rules.map(({ source = [], target = [], equal = [] }) => ({
      source_matchers: source,
      target_matchers: target,
      equal,
    })),
  );
  const active = (whole.active_alerts ?? []).map((labels) => ({ labels, active: true }));
  for (const { labels, active: fires } of [...active, ...(whole.alerts_in_order ?? [])])
    inhibition.set({ ...labelled(labels), ended: fires ? null : now });
  return {
    expected: { muted: whole.expect_muted },
    got: { muted: inhibition.mutedBy(labelled(whole.target), now).length > 0 },
  };
});
