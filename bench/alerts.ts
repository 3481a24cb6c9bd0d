// npm run bench -- alerts: routes that are matched; 10,000 alerts a minute taken in, by us and by a true Alertmanager in turns; messages for thousands.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildRoutes, routesOf } from '../dist/alerts/route.js';
import { sleep, systemClock } from '../dist/clock.js';
import { alertsDocument } from '../dist/config/schema/alerts.js';
import type { Milliseconds } from '../dist/model/units.js';
import { startAlertmanager, startListener, type Taker } from './alerts-beside.ts';
import { masses, messageFor } from './alerts-message.ts';
import { percentile, type Figure, type Report } from './report.ts';

const alertsAMinute = 10_000;
const batch = 50;
const minutes = 3;

type Labels = Readonly<Record<string, string>>;

const configuration = (matchers: (index: number) => readonly string[], routes: number, webhook: string): object => ({
  route: {
    receiver: 'all',
    group_by: ['alertname', 'cluster'],
    routes: Array.from({ length: routes }, (_, index) => ({ receiver: 'all', matchers: matchers(index) })),
  },
  receivers: [{ name: 'all', webhook_configs: [{ url: webhook }] }],
});

const byTeam = (index: number): string[] => [
  `team="team-${index}"`,
  index % 3 === 0 ? 'severity=~"page|critical"' : 'env!="test"',
];

const labelsOf = (index: number): Labels => ({
  alertname: `Alert${index % 50}`,
  cluster: 'pay-sh-07',
  instance: `10.0.${Math.floor(index / 250) % 250}.${index % 250}:9100`,
  severity: index % 2 === 0 ? 'page' : 'warning',
  team: `team-${index % 1000}`,
  // new for each, and only the text in it tells which route is meant
  pod: `prod-shop-svc${index % 1300}-${index}x`,
});

const lengthOfLong = 100;
/** Filled up by a text that is new for each, of letters and digits without an order. */
function longLabelsOf(index: number): Labels {
  const labels = labelsOf(index);
  let text = `${labels['pod'] ?? ''}-`;
  for (let seed = index + 1; text.length < lengthOfLong;) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    text += 'abcdefghijklmnopqrstuvwxyz0123456789-'[(seed >>> 16) % 37] ?? '';
  }
  return { ...labels, pod: text };
}

const letter = (index: number): string => String.fromCharCode(97 + (index % 26));

/** 1,000 routes of one kind, by what they are found by. */
const kindsOfRoutes: readonly (readonly [name: string, matchers: (index: number) => readonly string[]])[] = [
  ['value', byTeam],
  ['beginning', (index) => [`pod=~"prod-shop-svc${index}-[a-z0-9]+"`]],
  ['text inside', (index) => [`pod=~".*-svc${index}-[a-z0-9]+"`]],
  ['end', (index) => [`pod=~".+-${index}x"`]],
  ['text whose case does not count', (index) => [`pod=~"(?i).*-SVC${index}-[a-z0-9]+"`]],
  ['no text that is known', (index) => [`pod=~"[a-z]+[0-9]{${1 + (index % 7)}}[a-z]{${1 + Math.floor(index / 7)}}"`]],
  [
    'no text, and any beginning',
    (index) => [`pod=~".*[${index % 10}][0-9]?[a-${letter(1 + (index % 25))}].{${1 + Math.floor(index / 250)}}"`],
  ],
  [
    'no text, and counted distances',
    (index) => [
      `pod=~".*[${letter(index % 13)}-${letter(13 + (index % 12))}].{${1 + (index % 17)}}[0-9].{${1 + (index % 12)}}[${letter(index % 5)}-${letter(5 + (index % 20))}]"`,
    ],
  ],
  [
    'no text, and any beginning and end',
    (index) => [`pod=~".*[${index % 10}][0-9]?[a-${letter(1 + (index % 25))}].{${1 + Math.floor(index / 250)}}.*"`],
  ],
  [
    'no text, and a group that is repeated',
    (index) => [
      `pod=~"([a-z]+[0-9]*.)+[0-9]{${1 + (index % 7)}}[${letter(index % 13)}-${letter(13 + Math.floor(index / 77))}]"`,
    ],
  ],
];

/** 1,000 routes of one kind against 10,000 alerts: CPU, so that what others take does not count. */
function routing(
  name: string,
  matchers: (index: number) => readonly string[],
  labelsAt: (index: number) => Labels,
): Figure {
  const root = buildRoutes(alertsDocument.parse(configuration(matchers, 1000, 'http://127.0.0.1:1/')).route);
  const sets = Array.from({ length: 10_000 }, (_, index) => labelsAt(index));
  const before = process.cpuUsage();
  for (const labels of sets) routesOf(root, labels);
  const { user, system } = process.cpuUsage(before);
  return { name: `1,000 routes by ${name} x 10,000 alerts`, value: (user + system) / 1000, unit: 'ms', bar: 1000 };
}

interface Taken {
  /** by the clock, in ms */
  readonly times: number[];
  /** of all its threads while it answered */
  readonly cpus: number[];
}

/** The same to everybody: whoever is told by webhook is this process. */
async function startHearer(): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}

function bodyOf(number: number, startsAt: string): string {
  const alerts = Array.from({ length: batch }, (_, index) => ({
    labels: labelsOf(number * batch + index),
    annotations: { summary: 'the disk of this instance will be full in four hours' },
    startsAt,
    endsAt: new Date(Date.now() + 240_000).toISOString(),
  }));
  return JSON.stringify(alerts);
}

async function send({ name, url, cpu }: Taker, body: string, { times, cpus }: Taken): Promise<void> {
  const busy = cpu();
  const before = performance.now();
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/api/v2/alerts`, { method: 'POST', body, headers });
  await answer.text();
  if (!answer.ok) throw new Error(`${name} answered ${answer.status}`);
  times.push(performance.now() - before);
  cpus.push(cpu() - busy);
}

/** Every alert is renewed each minute; who comes first changes from batch to batch. */
async function load(takers: readonly Taker[]): Promise<ReadonlyMap<Taker, Taken>> {
  const taken = new Map<Taker, Taken>(takers.map((taker) => [taker, { times: [], cpus: [] }]));
  const startsAt = new Date().toISOString();
  const batches = alertsAMinute / batch;
  for (let number = 0; number < minutes * batches; number += 1) {
    const due = performance.now() + 60_000 / batches;
    const body = bodyOf(number % batches, startsAt);
    for (const [taker, one] of number % 2 === 0 ? taken : [...taken].reverse()) await send(taker, body, one);
    await sleep(systemClock, Math.max(0, due - performance.now()) as Milliseconds);
  }
  return taken;
}

function figuresOf(taker: Taker, { times, cpus }: Taken, spent: number, bars: boolean): Figure[] {
  const { name } = taker;
  return [
    { name: `${name}: a batch of ${batch} taken in, p50`, value: percentile(times, 0.5), unit: 'ms' },
    { name: `${name}: the same, p99`, value: percentile(times, 0.99), unit: 'ms', ...(bars && { bar: 50 }) },
    { name: `${name}: the same, longest`, value: Math.max(...times), unit: 'ms' },
    { name: `${name}: CPU of a batch, p50`, value: percentile(cpus, 0.5), unit: 'ms' },
    { name: `${name}: CPU of a batch, p99`, value: percentile(cpus, 0.99), unit: 'ms' },
    { name: `${name}: CPU of all`, value: spent / 1000, unit: 's' },
    { name: `${name}: resident memory`, value: taker.memory(), unit: 'MB', ...(bars && { bar: 300 }) },
  ];
}

export async function alerts(): Promise<Report> {
  const routes = [labelsOf, longLabelsOf].flatMap((labelsAt) =>
    kindsOfRoutes.map(([name, matchers]) =>
      routing(labelsAt === labelsOf ? name : `${name}, of ${lengthOfLong} characters`, matchers, labelsAt),
    ),
  );
  const hearer = await startHearer();
  const written = configuration(byTeam, 20, hearer.url);
  const alertmanager = await startAlertmanager(written);
  if (alertmanager === null) process.stderr.write('no Alertmanager is installed: nothing is measured beside ours\n');
  const takers = [await startListener(written), ...(alertmanager === null ? [] : [alertmanager])];
  const before = new Map(takers.map((taker) => [taker, taker.cpu()]));
  const taken = await load(takers);
  const figures = [...taken].flatMap(([taker, one], index) =>
    figuresOf(taker, one, taker.cpu() - (before.get(taker) ?? 0), index === 0),
  );
  for (const taker of takers) await taker.end();
  for (const mass of masses) figures.push(...(await messageFor(mass, hearer.url)));
  hearer.server.closeAllConnections();
  hearer.server.close();
  return { bench: 'alerts', node: process.version, figures: [...routes, ...figures] };
}
