// Daemon and Calendar: connections, interval, guards and the clock that people live by.
import { z } from 'zod';
import type { Milliseconds } from '../../model/units.ts';
import { dates, dayNames } from './calendar-days.ts';
import {
  clockTime,
  count,
  duration,
  httpUrl,
  instant,
  listenAddress,
  mode,
  objectName,
  percent,
  positiveDuration,
  quantity,
  secretReference,
  timeZone,
  tls,
} from './scalars.ts';

const auth = z
  .strictObject({
    bearer: secretReference.optional(),
    basic: z.strictObject({ username: z.string(), password: secretReference }).optional(),
  })
  .refine((given) => (given.bearer === undefined) !== (given.basic === undefined), {
    error: 'auth has exactly one of bearer and basic',
  });

/** Who may read the page and its API. */
const access = z.union([
  z.literal('none'),
  z
    .strictObject({
      tokens: z
        .array(
          z.strictObject({
            name: z.string().min(1).max(100),
            token: secretReference,
            /** `acknowledge`: read, and say on the page that somebody is on what fires */
            may: z.enum(['read', 'acknowledge']).default('read'),
          }),
        )
        .min(1)
        .max(100)
        .refine((given) => new Set(given.map(({ name }) => name)).size === given.length, {
          error: 'two tokens have the same name: nobody could tell who it was',
        })
        .optional(),
      tokenReview: z.strictObject({ audiences: z.array(z.string().min(1)).min(1).optional() }).optional(),
    })
    .refine((given) => given.tokens !== undefined || given.tokenReview !== undefined, {
      error: 'name tokens, tokenReview or both; to let everybody read write auth: none',
    }),
]);

const holdsNoPassword = (text: string): boolean => !/^[a-z]+:\/\/[^/]*@/i.test(text);

const isOwnMachine = (address: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]):/.test(address);

export const daemonSpec = z.strictObject({
  cluster: z.string().min(1),
  language: z.enum(['en', 'zh-CN']).default('en'),
  interval: positiveDuration.default(15_000 as Milliseconds),
  mode: mode.default('act'),
  prometheus: z.strictObject({
    url: httpUrl.refine(holdsNoPassword, {
      error: 'a password in an address is shown wherever the address is: write auth: {basic: {username, password}}',
    }),
    auth: auth.optional(),
    tls: tls.optional(),
    headers: z.record(z.string(), z.string()).default({}),
    timeout: positiveDuration.default(5_000 as Milliseconds),
    resourceQueries: z
      .strictObject({
        cpu: z
          .string()
          .default(
            'sum by (namespace, pod, container) (rate(container_cpu_usage_seconds_total{container!="",container!="POD"}[1m]))',
          ),
        memory: z
          .string()
          .default(
            'sum by (namespace, pod, container) (container_memory_working_set_bytes{container!="",container!="POD"})',
          ),
      })
      .prefault({}),
  }),
  kubernetes: z
    .strictObject({
      kubeconfig: z.string().optional(),
      context: z.string().optional(),
      namespaces: z.array(z.string()).default([]),
      timeout: positiveDuration.default(10_000 as Milliseconds),
    })
    .prefault({}),
  openstack: z
    .strictObject({
      cloud: z.string().optional(),
      cloudConfig: z.string().optional(),
      region: z.string().optional(),
      interface: z.enum(['public', 'internal', 'admin']).optional(),
      cluster: z.string().optional(),
      tls: tls.optional(),
      timeout: positiveDuration.default(10_000 as Milliseconds),
    })
    .refine((given) => given.cloud === undefined || given.cloudConfig === undefined, {
      error: 'name one of cloud (an entry of clouds.yaml) and cloudConfig (an INI file); neither: OS_* variables',
    })
    .optional(),
  http: z
    .strictObject({
      listen: listenAddress.default('127.0.0.1:8080'),
      metrics: listenAddress.default(':9090'),
      /** where people open the page through a proxy: as their browsers name it */
      publicUrl: httpUrl.refine(holdsNoPassword, { error: 'write an address without a password' }).optional(),
      /** where alerts of others come in; absent: nowhere */
      alerts: z
        .strictObject({
          listen: listenAddress,
          /** what senders show; `none`: whoever reaches the port may send, silence and acknowledge */
          token: z.union([z.literal('none'), secretReference]).optional(),
        })
        .refine((given) => given.token !== undefined || isOwnMachine(given.listen), {
          path: ['token'],
          error: 'alerts of other machines are let in by nobody knows whom: name a token, or write token: none',
        })
        .optional(),
      auth: access.optional(),
      /** of the page and the alert listener; figures and probes stay plain: the kubelet and Prometheus ask there */
      tls: z
        .strictObject({
          certFile: z.string().min(1),
          keyFile: z.string().min(1),
          /** whoever connects shows a certificate of this authority */
          clientCaFile: z.string().min(1).optional(),
        })
        .optional(),
    })
    .refine((given) => given.tls === undefined || given.metrics !== given.listen, {
      path: ['metrics'],
      error:
        'with tls the probes need an address of their own, which stays plain: write another one than that of listen',
    })
    .refine((given) => given.auth !== undefined || isOwnMachine(given.listen), {
      path: ['listen'],
      error: 'the page would be open to other machines without a login: write auth beside it, or auth: none',
    })
    .refine((given) => given.auth !== undefined || given.publicUrl === undefined, {
      path: ['publicUrl'],
      error: 'through a proxy the page would be open to others without a login: write auth beside it, or auth: none',
    })
    .prefault({}),
  state: z
    .strictObject({
      directory: z.string().optional(),
      kubernetes: z.strictObject({ namespace: objectName.optional() }).optional(),
      ledger: z.strictObject({ directory: z.string() }).optional(),
      /** where decisions are kept for `explain --at` and `shadow report`; a directory of one's own needs none */
      journal: z.strictObject({ directory: z.string() }).optional(),
    })
    .refine((given) => given.directory === undefined || given.kubernetes === undefined, {
      error: 'memory has one home: directory or kubernetes',
    })
    .prefault({ directory: '.springtide' }),
  guards: z
    .strictObject({
      pods: z
        .strictObject({
          removed: z.strictObject({ percent, per: duration }).optional(),
          targetsLowered: z.strictObject({ percent, per: duration }).optional(),
        })
        .prefault({}),
      nodes: z
        .strictObject({
          removed: z.strictObject({ percent, per: duration }).optional(),
          ordered: z.strictObject({ nodes: count, per: duration }).optional(),
        })
        .prefault({}),
      onTrip: z.enum(['holdDown', 'holdAll']).default('holdDown'),
    })
    .optional(),
  limits: z
    .strictObject({ nodes: count.optional(), cores: count.optional(), memory: quantity.optional() })
    .prefault({}),
  /** the doctor's own, by the one who leads: at this time, and when it begins to lead; absent: never */
  checks: z
    .strictObject({
      at: z.string().meta({ description: 'a cron expression of five fields: "30 7 * * *"', examples: ['30 7 * * *'] }),
      timeZone: timeZone.default('UTC'),
    })
    .optional(),
  /** `-`: standard output */
  audit: z.strictObject({ file: z.string().min(1) }).optional(),
});

export const daemon = z.strictObject({
  apiVersion: z.literal('springtide/v1'),
  kind: z.literal('Daemon'),
  metadata: z.strictObject({ name: objectName }).optional(),
  spec: daemonSpec,
});
export type DaemonDocument = z.infer<typeof daemon>;
export type DaemonSpec = DaemonDocument['spec'];

export const calendar = z.strictObject({
  apiVersion: z.literal('springtide/v1'),
  kind: z.literal('Calendar'),
  metadata: z.strictObject({ name: objectName }),
  spec: z.strictObject({
    timeZone,
    holidays: dates.default([]),
    workdays: dates.default([]),
    validUntil: z.iso.date({ error: 'a date is written 2026-12-31' }).optional(),
    windows: z
      .record(
        z.string(),
        z.strictObject({
          days: dayNames.optional(),
          start: clockTime.optional(),
          end: clockTime.optional(),
          from: instant.optional(),
          until: instant.optional(),
        }),
      )
      .default({}),
  }),
});
export type CalendarDocument = z.infer<typeof calendar>;
