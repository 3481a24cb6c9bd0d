// Puts the alerts' half together: channels, pipeline, rules, and who answers what others send.
import type { RequestListener } from 'node:http';
import { createEmailChannel } from './alerts/channels/email.ts';
import { createForwarder } from './alerts/channels/forward.ts';
import { readSecret } from './alerts/channels/secrets.ts';
import type { Receipt } from './alerts/channels/sms/receipt.ts';
import { comeAgain, receiveReceipts } from './alerts/channels/sms/receive.ts';
import { createSmsChannel } from './alerts/channels/sms/sms-channel.ts';
import { createWebhookChannel } from './alerts/channels/webhook.ts';
import { fenced, fencedForwarder } from './alerts/fenced.ts';
import { createHeartbeat } from './alerts/heartbeat.ts';
import type { Ledger } from './alerts/ledger/ledger.ts';
import type { NodeGroupOf } from './alerts/node-group-label.ts';
import { readNumbers } from './alerts/number-files.ts';
import { createAlertPipeline } from './alerts/pipeline.ts';
import type { AlertPipeline } from './alerts/pipeline-interface.ts';
import { askPrometheus, askPrometheusRange } from './alerts/rules/query.ts';
import { createRuleEvaluator, type RuleEvaluator } from './alerts/rules/evaluator.ts';
import { settlingOf } from './alerts/settling.ts';
import type { NotificationView } from './alerts/status.ts';
import type { PrometheusClient } from './clients/prometheus/client.ts';
import type { Clock } from './clock.ts';
import type { Fence } from './leader/fence.ts';
import type { Config } from './model/config.ts';
import { messageOf } from './model/errors.ts';
import { alertApp, longestBodyMiB } from './server/alerts/listener.ts';
import { TooLarge } from './server/alerts/too-large.ts';
import type { Logger } from 'pino';
import { version } from './version.ts';

export interface AlertAssemblyOptions {
  readonly config: () => Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly prometheus: PrometheusClient;
  /** closed with the rest */
  readonly ledger: Ledger;
  readonly fence: Fence;
  readonly onNotification: (view: NotificationView) => void;
  /** where a pod or a node is; absent: nobody knows */
  readonly nodeGroupOf?: NodeGroupOf;
  /** what the codes of messages are made with where links have no secret; absent: by chance */
  readonly codeKey?: string;
  /** false: nobody sends alerts in (a story that is played once) */
  readonly listens: boolean;
}

export interface AlertAssembly {
  readonly alerts: AlertPipeline;
  readonly rules: RuleEvaluator;
  /** what was sent in and could not be read for its size */
  readonly tooLarge: Pick<TooLarge, 'at'>;
  /** answers who sends alerts in; null: nobody does */
  readonly answer: RequestListener | null;
  /** Before each tick: what a reload or a rotated secret has changed. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

export async function assembleAlerts(options: AlertAssemblyOptions): Promise<AlertAssembly> {
  const { config, clock, log, ledger } = options;
  const startedAt = clock.now();
  const { http } = config().daemon;
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
  await readNumbers(config().alerts.people);

  let take: AlertPipeline['receive'] = () => Promise.resolve(false);
  /** Answered is only what is kept: whatever is the matter, it comes again. */
  const receive = async (receipt: Receipt): Promise<boolean> => {
    try {
      return await take(receipt);
    } catch (error) {
      log.error({ err: messageOf(error), gateway: receipt.gateway }, 'a receipt was not kept: it should come again');
      return false;
    }
  };
  const channels = {
    email: createEmailChannel({ texts: () => config().texts }),
    sms: createSmsChannel({
      texts: () => config().texts,
      clock,
      onReceipt: receive,
    }),
    webhook: createWebhookChannel({ clock }),
  };
  const forwarder = fencedForwarder(createForwarder({ clock }), options.fence);
  const alerts = createAlertPipeline({
    config: () => config().alerts,
    texts: () => config().texts,
    clock,
    ledger,
    channels: {
      email: fenced(channels.email, options.fence),
      sms: fenced(channels.sms, options.fence),
      webhook: fenced(channels.webhook, options.fence),
    },
    forwarder,
    log,
    onNotification: options.onNotification,
    linkSecret: () => linkSecret,
    ...(options.codeKey !== undefined && { codeKey: options.codeKey }),
    ...(options.nodeGroupOf !== undefined && { nodeGroupOf: options.nodeGroupOf }),
    startDelay: settlingOf(ledger.state, startedAt),
  });
  take = (receipt) => alerts.receive(receipt);
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
    range: askPrometheusRange(options.prometheus),
    remembered: [...ledger.state.rules.values()],
    save: (memories) => ledger.append(memories.map((memory) => ({ kind: 'rule', memory }))),
    tell: (pushed) => alerts.push(pushed),
  });

  const tooLarge = new TooLarge(clock, longestBodyMiB);
  const heartbeat = createHeartbeat({ clock, log, permission: options.fence });

  const answer =
    http.alerts === undefined || !options.listens
      ? null
      : alertApp({
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
            const kept = await Promise.all(receipts.map(receive));
            return kept.every(Boolean) ? answer : comeAgain;
          },
          words: () => ({ texts: config().texts, people: Object.keys(config().alerts.people) }),
          token: () => {
            const token = config().daemon.http.alerts?.token;
            return token === undefined || token === 'none' ? Promise.resolve(null) : readSecret(token);
          },
          onTooLarge: (sender) => tooLarge.refused(sender),
          log,
        });

  return {
    alerts,
    rules,
    tooLarge,
    answer,
    refresh: async () => {
      heartbeat.beat(config().alerts.heartbeat);
      rules.refresh();
      await readLinkSecret();
      const document = config().alerts;
      await readNumbers(document.people);
      if (document !== prepared) channels.sms.prepare((prepared = document));
    },
    close: async () => {
      await rules.stop();
      await alerts.stop();
      await ledger.close();
      heartbeat.close();
      forwarder.close();
      for (const channel of Object.values(channels)) channel.close();
    },
  };
}
