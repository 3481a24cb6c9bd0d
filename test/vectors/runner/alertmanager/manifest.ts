// Which arrays the files about alerts have, which function of the product each is about, and how many cases our copy has.
import type { ManifestEntry } from '../manifest.ts';
import { mailErrorCase, mailLiveCase, mailWantedCase } from './email.ts';
import { pipelineVectors } from './pipeline-manifest.ts';
import {
  duplicateCase,
  limitCase,
  raisedCase,
  resendCase,
  resendSteps,
  restoreCase,
  timelineCase,
  unittestCase,
} from './prom-rules.ts';
import { routingVectors } from './routing-manifest.ts';
import { smsVectors } from './sms-manifest.ts';

export const alertmanager: Readonly<Record<string, readonly ManifestEntry[]>> = {
  'alertmanager/email': [
    { array: 'error_cases', product: 'alerts/channels/email', count: 6, adapter: mailErrorCase },
    { array: 'live_0_25', product: 'alerts/channels/email', count: 3, adapter: mailLiveCase },
    { array: 'want_instead', product: 'alerts/channels/email', count: 4, adapter: mailWantedCase },
  ],
  'alertmanager/prom_rules': [
    { array: 'timelines', product: 'alerts/rules/state: evaluateRule', count: 8, adapter: timelineCase },
    { array: 'promtool_unittest.cases', product: 'alerts/rules/state: evaluateRule', count: 5, adapter: unittestCase },
    { array: 'for_state_restore.cases', product: 'alerts/rules/memory: recalled', count: 4, adapter: restoreCase },
    { array: 'resend', product: 'alerts/rules/state: tellDue', count: 4, adapter: resendCase, split: resendSteps },
    { array: 'limit', product: 'alerts/rules/state: evaluateRule', count: 4, adapter: limitCase },
    { array: 'duplicate', product: 'alerts/rules/state: evaluateRule', count: 1, adapter: duplicateCase },
    { array: 'for_increased_on_reload', product: 'alerts/rules/state: evaluateRule', count: 4, adapter: raisedCase },
  ],
  ...pipelineVectors,
  ...routingVectors,
  ...smsVectors,
};
