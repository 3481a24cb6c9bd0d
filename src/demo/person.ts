// The person of the story: where giving VMs back waits for a proof, somebody says after a while that the driver is to be believed.
import type { Config } from '../model/config.ts';
import type { TickReport } from '../model/report.ts';

/** Long enough for everybody to read why nothing leaves. */
const ticksOfPatience = 4;

export class Person {
  #config: Config;
  #refusals = 0;

  constructor(shipped: Config) {
    this.#config = shipped;
  }

  /** As it is written now. */
  get config(): Config {
    return this.#config;
  }

  /** Looks at what a tick said; true: it was this that made the person write. */
  reads(report: TickReport): boolean {
    if (!report.plan.nodes.some((one) => one.reason === 'RemovalNotProven')) return false;
    if (++this.#refusals !== ticksOfPatience) return false;
    this.#config = {
      ...this.#config,
      hash: `${this.#config.hash}-by-server-id`,
      nodePolicies: this.#config.nodePolicies.map((policy) => ({
        ...policy,
        spec: { ...policy.spec, shrink: { ...policy.spec.shrink, removal: 'byServerId' as const } },
      })),
    };
    return true;
  }
}
