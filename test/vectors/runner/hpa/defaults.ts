// hpa: the controller's production defaults against what our schema fills in where nothing is written.
import type { PodPolicySpec, ScalingRules } from '../../../../src/model/config.ts';
import { loadPolicies, anyTarget } from '../policies.ts';
import { adapter, type Fields } from '../vector.ts';

interface Fact {
  readonly name: string;
  readonly value: unknown;
}

const rulesOf = ({ window, select, policies }: ScalingRules): Fields => ({
  stabilizationWindowSeconds: window / 1000,
  selectPolicy: select,
  policies: policies.map(({ type, value, period }) => ({ type, value, periodSeconds: period / 1000 })),
});

/** Of the directions one number is told: the HPA has a single flag for both. */
const common = ({ up, down }: PodPolicySpec['tolerance']) => (up === down ? up : { up, down });

export const defaultsCase = adapter<{ input: Fact; expected: object }>(({ name }) => {
  const loaded = loadPolicies([{ name: 'case', spec: anyTarget }]);
  const [policy] = loaded.status === 'accepted' ? loaded.config.podPolicies : [];
  if (loaded.status === 'refused' || policy === undefined) throw new Error('the loader gives no policy');
  const { tolerance, advanced, behavior } = policy.spec;
  const known: Readonly<Record<string, unknown>> = {
    syncPeriodSeconds: loaded.config.daemon.interval / 1000,
    tolerance: common(tolerance),
    cpuInitializationPeriodSeconds: advanced.cpuInitializationPeriod / 1000,
    initialReadinessDelaySeconds: advanced.initialReadinessDelay / 1000,
    downscaleStabilizationSeconds: behavior.scaleDown.window / 1000,
    defaultScaleUpRules: rulesOf(behavior.scaleUp),
    defaultScaleDownRules: rulesOf(behavior.scaleDown),
  };
  return { got: { value: known[name] } };
});
