// For each place of the configuration that may hold a secret, the canaries that stand for it in the test of all output.
// `http_config` is the same wherever it stands, and a file in place of a value is the same place.
export const plantedFor: Readonly<Record<string, readonly string[]>> = {
  'Daemon.spec.prometheus.auth.bearer': ['prometheus.auth.bearer'],
  // planted in the second world, where Prometheus repeats it
  'Daemon.spec.prometheus.auth.basic.password': [],
  'Daemon.spec.prometheus.headers.*': ['prometheus.headers'],
  'Daemon.spec.http.alerts.token': ['http.alerts.token'],
  'Daemon.spec.http.auth.tokens.*.token': ['http.auth token'],
  'Alerts.global.smtp_auth_password': ['smtp_auth_password'],
  'Alerts.global.smtp_auth_secret': ['smtp_auth_secret'],
  'Alerts.links.secret': ['links.secret'],
  'Alerts.heartbeat.url': ['heartbeat urlFile user', 'heartbeat urlFile password', 'heartbeat urlFile path'],
  'Alerts.forwardTo.url': ['forwardTo user', 'forwardTo password', 'forwardTo path'],
  'http_config.basic_auth.password': ['basic_auth.password', 'basic_auth.password_file'],
  'http_config.authorization.credentials': ['authorization.credentials', 'authorization.credentials_file'],
  'http_config.oauth2.client_secret': ['oauth2.client_secret', 'oauth2.client_secret_file'],
  'http_config.oauth2.token_url': ['oauth2 token_url user', 'oauth2 token_url password', 'oauth2 token_url path'],
  'http_config.oauth2.proxy_url': ['oauth2 proxy user', 'oauth2 proxy password'],
  'http_config.bearer_token': ['bearer_token', 'bearer_token_file'],
  'http_config.proxy_url': ['proxy user', 'proxy password'],
  'http_config.proxy_connect_header.*.*': ['proxy_connect_header'],
  'http_config.oauth2.proxy_connect_header.*.*': ['oauth2 proxy_connect_header'],
  'http_config.http_headers.*.values.*': ['http_headers values'],
  'http_config.http_headers.*.secrets.*': ['http_headers secrets'],
  'http_config.http_headers.*.files.*': ['http_headers files'],
  'Alerts.receivers.*.email_configs.*.auth_password': ['auth_password', 'auth_password_file'],
  'Alerts.receivers.*.email_configs.*.auth_secret': ['auth_secret', 'auth_secret_file'],
  'Alerts.receivers.*.webhook_configs.*.url': ['webhook url password', 'webhook url path', 'webhook url_file query'],
  'Alerts.people.*.sms': ['people smsFile'],
  'Alerts.sms_gateways.*.aliyun.accessKeyId': ['aliyun accessKeyId'],
  'Alerts.sms_gateways.*.aliyun.accessKeySecret': ['aliyun accessKeySecret'],
  'Alerts.sms_gateways.*.aliyun.receipts.token': ['aliyun receipts.token'],
  'Alerts.sms_gateways.*.tencent.secretId': ['tencent secretId'],
  'Alerts.sms_gateways.*.tencent.secretKey': ['tencent secretKey'],
  'Alerts.sms_gateways.*.tencent.receipts.token': ['tencent receipts.token'],
  'Alerts.sms_gateways.*.twilio.accountSid': ['twilio accountSid'],
  'Alerts.sms_gateways.*.twilio.authToken': ['twilio authToken'],
  'Alerts.sms_gateways.*.smpp.password': ['smpp password'],
  'Alerts.sms_gateways.*.http.url': ['sms http url password', 'sms http url path', 'sms http url query'],
  'Alerts.sms_gateways.*.http.headers.*': ['sms http header'],
  'Alerts.sms_gateways.*.http.bearer': ['sms http bearer'],
  'Alerts.sms_gateways.*.http.receipts.token': ['sms http receipts.token'],
};

/** Found by their names, and no secrets. */
export const notSecret: readonly string[] = [
  // refused with a user or a password in it
  'Daemon.spec.prometheus.url',
  'Daemon.spec.http.publicUrl',
  // in every message
  'Alerts.links.externalUrl',
  'Alerts.receivers.*.email_configs.*.headers.*',
  'Alerts.sms_gateways.*.http.receipts.header',
];
