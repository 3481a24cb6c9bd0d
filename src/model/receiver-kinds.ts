// The kinds of receivers that Alertmanager has and springtide does not.

/** Kinds of receivers that are not there: what they hold is read by nobody. */
export const otherReceiverKinds = [
  'slack',
  'wechat',
  'pagerduty',
  'opsgenie',
  'victorops',
  'pushover',
  'sns',
  'telegram',
  'webex',
  'discord',
  'msteams',
  'msteamsv2',
  'jira',
  'rocketchat',
  'incidentio',
  'mattermost',
] as const;
