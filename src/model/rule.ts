// Alerting rules as they are evaluated: read from rule files in Prometheus's own format.
import type { Milliseconds, QueryText } from './units.ts';

export interface AlertingRule {
  readonly alert: string;
  readonly expr: QueryText;
  readonly for: Milliseconds;
  readonly keepFiringFor: Milliseconds;
  /** templates; those of the group are among them */
  readonly labels: Readonly<Record<string, string>>;
  /** templates */
  readonly annotations: Readonly<Record<string, string>>;
}

export interface RuleGroup {
  /** relative to the configuration directory: names of groups are unique within a file only */
  readonly file: string;
  readonly name: string;
  /** null: the usual one */
  readonly interval: Milliseconds | null;
  /** how far back the queries look, for samples that arrive late */
  readonly queryOffset: Milliseconds;
  /** how many alerts a rule may have at once; 0 and below: any number */
  readonly limit: number;
  readonly rules: readonly AlertingRule[];
}
