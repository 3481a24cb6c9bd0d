// The files about matchers, routes, intervals, inhibition, silences, configurations, payloads and what becomes of a message.
import type { ManifestEntry } from '../manifest.ts';
import { configCase } from './config-validation.ts';
import { hasEqualCase, mutesCase } from './inhibit.ts';
import { classicListCase, utf8ListCase, utf8SingleCase, valueMatchCase } from './matchers.ts';
import {
  backoffCase,
  failureReasonCase,
  retrierCase,
  retryStageCase,
  setNotifiesCase,
  truncateCase,
} from './notify.ts';
import { dataCase, fingerprintCase, maxAlertsCase, subjectCase, webhookCase } from './payload.ts';
import { casesOfTree, groupByAllCase, idsCase, routeLabelsCase, treeCase, walkCase } from './route.ts';
import { canUpdateCase, expireCase, matchesCase, mergeCase, setFailCase, stateCase, validateCase } from './silence.ts';
import { stepCase, stepsOf } from './silence-steps.ts';
import { activeCase, containsCase, muteCase, timeRangeCase, yamlCase } from './time-interval.ts';

export const routingVectors: Readonly<Record<string, readonly ManifestEntry[]>> = {
  'alertmanager/config_validation': [
    { array: 'cases', product: 'config/load: loadFiles', count: 15, adapter: configCase },
  ],
  'alertmanager/inhibit': [
    { array: 'has_equal', product: 'alerts/inhibit: Inhibition', count: 5, adapter: hasEqualCase },
    { array: 'mutes', product: 'alerts/inhibit: Inhibition', count: 16, adapter: mutesCase },
  ],
  'alertmanager/matchers': [
    { array: 'utf8_parse_list', product: 'matching/matchers: parseMatchers', count: 30, adapter: utf8ListCase },
    { array: 'utf8_parse_single', product: 'matching/matchers: parseMatcher', count: 21, adapter: utf8SingleCase },
    { array: 'classic_parse_list', product: 'matching/matchers: parseMatchers', count: 36, adapter: classicListCase },
    { array: 'value_match', product: 'matching/matchers: compileMatcher', count: 12, adapter: valueMatchCase },
  ],
  'alertmanager/notify': [
    { array: 'http_retrier', product: 'alerts/channels/http-results', count: 6, adapter: retrierCase },
    { array: 'failure_reason', product: 'alerts/channels/http-results', count: 6, adapter: failureReasonCase },
    { array: 'truncate', product: 'alerts/truncate', count: 6, adapter: truncateCase },
    { array: 'retry_stage', product: 'alerts/plan-notification, alerts/courier', count: 5, adapter: retryStageCase },
    { array: 'backoff', product: 'alerts/backoff: backoffAfter', count: 1, adapter: backoffCase },
    { array: 'set_notifies', product: 'alerts/dedup: recordLife', count: 1, adapter: setNotifiesCase },
  ],
  'alertmanager/payload': [
    { array: 'fingerprint', product: 'alerts/fingerprint: fingerprintOf', count: 7, adapter: fingerprintCase },
    { array: 'data', product: 'alerts/webhook-payload: webhookPayload', count: 4, adapter: dataCase },
    { array: 'subject', product: 'alerts/notice-templates: fillNotice', count: 4, adapter: subjectCase },
    {
      array: 'webhook_v4.live_sample_0_25',
      product: 'alerts/webhook-payload: webhookPayload',
      count: 1,
      adapter: webhookCase,
    },
    { array: 'max_alerts', product: 'alerts/webhook-payload: webhookPayload', count: 2, adapter: maxAlertsCase },
  ],
  'alertmanager/route': [
    { array: 'trees', product: 'alerts/route: routesOf', count: 24, adapter: treeCase, split: casesOfTree },
    { array: 'walk', product: 'alerts/route: buildRoutes', count: 1, adapter: walkCase },
    { array: 'group_by_all_inheritance', product: 'alerts/route: buildRoutes', count: 1, adapter: groupByAllCase },
    { array: 'route_ids', product: 'alerts/route: buildRoutes', count: 1, adapter: idsCase },
    {
      array: 'route_labels',
      product: 'alerts/route: routesOf',
      count: 4,
      adapter: routeLabelsCase,
      split: casesOfTree,
    },
  ],
  'alertmanager/silence': [
    { array: 'matches', product: 'alerts/silence: SilenceIndex', count: 7, adapter: matchesCase },
    { array: 'validate', product: 'alerts/silence: silenceProblem', count: 6, adapter: validateCase },
    { array: 'can_update', product: 'alerts/silence: canUpdate', count: 6, adapter: canUpdateCase },
    { array: 'state', product: 'alerts/silence: silenceState', count: 3, adapter: stateCase },
    { array: 'set_sequence', product: 'alerts/silence: setSilence', count: 8, adapter: stepCase, split: stepsOf },
    { array: 'set_fail', product: 'alerts/silence: setSilence', count: 2, adapter: setFailCase },
    { array: 'expire', product: 'alerts/silence: expireSilence', count: 3, adapter: expireCase },
    { array: 'merge', product: 'alerts/silence: newestOf', count: 1, adapter: mergeCase },
  ],
  'alertmanager/timeinterval': [
    { array: 'contains', product: 'matching/time-interval: containsInstant', count: 6, adapter: containsCase },
    {
      array: 'time_range_parse',
      product: 'matching/time-interval: parseTimeInterval',
      count: 6,
      adapter: timeRangeCase,
    },
    { array: 'yaml', product: 'matching/time-interval: parseTimeInterval', count: 14, adapter: yamlCase },
    { array: 'complete', product: 'matching/time-interval: containsInstant', count: 2, adapter: containsCase },
    { array: 'mute', product: 'alerts/muting: Muting', count: 4, adapter: muteCase },
    { array: 'active', product: 'alerts/muting: Muting', count: 4, adapter: activeCase },
  ],
};
