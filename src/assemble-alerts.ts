// Puts the alerts' half together: ledger, channels, pipeline, rules, and the listener for what others send.
import { createEmailChannel } from './alerts/channels/email.ts';
import { readSecret } from './alerts/channels/secrets.ts';
import { receiveReceipts } from './alerts/channels/sms/receive.ts';
import { createSmsChannel } from './alerts/channels/sms/sms-channel.ts';
import { createWebhookChannel } from './alerts/channels/webhook.ts';
import { createHeartbeat } from './alerts/heartbeat.ts';
import { openLedger, volatileLedger } from './alerts/ledger/ledger.ts';
import { createAlertPipeline, type AlertPipeline } from './alerts/pipeline.ts';
import { askPrometheus } from './alerts/rules/query.ts';
import { createRuleEvaluator, type RuleEvaluator } from './alerts/rules/evaluator.ts';
import type { NotificationView } from './alerts/status.ts';
import type { PrometheusClient } from './clients/prometheus/client.ts';
import type { Clock } from './clock.ts';
import type { Config } from './model/config.ts';
import { messageOf } from './model/errors.ts';
import { seconds } from './model/units.ts';
import { startAlertServer, type AlertServer } from './server/alerts/listener.ts';
import type { Logger } from 'pino';
import { version } from './version.ts';

export interface AlertAssemblyOptions {
  readonly config: () => Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly prometheus: PrometheusClient;
  readonly onNotification: (view: NotificationView) => void;
  /** false: nothing listens (a story that is played once) */
  readonly listens: boolean;
}

export interface AlertAssembly {
  readonly alerts: AlertPipeline;
  readonly rules: RuleEvaluator;
  readonly server: AlertServer | null;
  /** Before each tick: what a reload or a rotated secret has changed. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

/** After a start without a ledger: senders repeat what fires within a minute. */
const settling = seconds(30);

export async function assembleAlerts(options: AlertAssemblyOptions): Promise<AlertAssembly> {
  const { config, clock, log } = options;
  const startedAt = clock.now();
  const { state, http } = config().daemon;
  const directory =
    state.ledger?.directory ?? (state.directory === undefined ? undefined : `${state.directory}/ledger`);
  const ledger = directory === undefined ? volatileLedger() : await openLedger(directory, { clock });
  for (const damage of ledger.damage) log.warn({ damage }, 'the alert ledger was damaged; what could be read is kept');

  let linkSecret: string | null = null;
  const readLinkSecret = async (): Promise<void> => {
    const secret = config().alerts.links?.secret;
    try {
      linkSecret = secret === undefined ? null : await readSecret(secret);
    } catch (error) {
      log.error({ err: messageOf(error) }, 'links.secret cannot be read: links of messages are not answered');
    }
  };
  await readLinkSecret();

  let receive: AlertPipeline['receive'] = () => Promise.resolve();
  const channels = {
    email: createEmailChannel({ texts: () => config().texts }),
    sms: createSmsChannel({
      texts: () => config().texts,
      clock,
      onReceipt: (receipt) => {
        receive(receipt).catch((error: unknown) => log.error({ err: messageOf(error) }, 'a receipt was not kept'));
      },
    }),
    webhook: createWebhookChannel({ clock }),
  };
  const alerts = createAlertPipeline({
    config: () => config().alerts,
    texts: () => config().texts,
    clock,
    ledger,
    channels,
    log,
    onNotification: options.onNotification,
    linkSecret: () => linkSecret,
    startDelay: ledger.state.alerts.size === 0 ? settling : seconds(0),
  });
  receive = (receipt) => alerts.receive(receipt);
  let prepared = config().alerts;
  channels.sms.prepare(prepared);

  const rules = createRuleEvaluator({
    clock,
    log,
    groups: () => config().rules,
    surroundings: () => ({
      externalLabels: config().alerts.global.labels,
      externalUrl: config().daemon.prometheus.url,
    }),
    query: askPrometheus(options.prometheus),
    remembered: [...ledger.state.rules.values()],
    save: (memories) => ledger.append(memories.map((memory) => ({ kind: 'rule', memory }))),
    tell: (pushed) => alerts.push(pushed),
  });

  const heartbeat = createHeartbeat({ clock, log });

  const server =
    http.alerts === undefined || !options.listens
      ? null
      : await startAlertServer({
          listen: http.alerts.listen,
          desk: {
            ...alerts,
            document: () => config().alerts,
            now: () => clock.now(),
            startedAt,
            version,
          },
          receipts: async (gateway, request) => {
            const { receipts, answer, problem } = await receiveReceipts(config().alerts, gateway, request);
            if (problem !== null) log.warn({ gateway, problem }, 'a receipt was not taken');
            for (const receipt of receipts) await alerts.receive(receipt);
            return answer;
          },
          words: () => ({ texts: config().texts, people: Object.keys(config().alerts.people) }),
          token: () => {
            const token = config().daemon.http.alerts?.token;
            return token === undefined ? Promise.resolve(null) : readSecret(token);
          },
          log,
        });

  return {
    alerts,
    rules,
    server,
    refresh: async () => {
      heartbeat.beat(config().alerts.heartbeat);
      rules.refresh();
      await readLinkSecret();
      const document = config().alerts;
      if (document !== prepared) channels.sms.prepare((prepared = document));
    },
    close: async () => {
      await server?.close();
      await rules.stop();
      await alerts.stop();
      await ledger.close();
      heartbeat.close();
      for (const channel of Object.values(channels)) channel.close();
    },
  };
}
