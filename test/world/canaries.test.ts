// Secrets planted wherever one can be, and then everything that springtide puts out is searched for them: when all goes well and when nothing does.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assemble, type Assembly } from '../../src/assemble.ts';
import { connectDoctor } from '../../src/doctor/connect.ts';
import { diagnose } from '../../src/doctor/diagnose.ts';
import { systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import type { Config } from '../../src/model/config.ts';
import { emptyMemory } from '../../src/model/memory.ts';
import { seconds, type Milliseconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { startWorld, type EmbeddedWorld } from '../../src/sandbox/world.ts';
import { createLogger } from '../../src/server/log.ts';
import { writeTexts } from '../config/files.ts';
import { plantedFor } from '../security/planted.ts';
import {
  around,
  Canaries,
  startMailParrot,
  startParrot,
  type MailParrot,
  type Mood,
  type Parrot,
} from '../security/canaries.ts';
import { nodesText, podsText, repeats, start } from './rig.ts';

interface Ground {
  readonly directory: string;
  readonly canaries: Canaries;
  readonly parrot: Parrot;
  readonly mail: MailParrot;
  /** a file with a secret of its own in it */
  readonly secretFile: (place: string) => Promise<string>;
}

async function prepared(): Promise<Ground> {
  const directory = await mkdtemp(path.join(tmpdir(), 'springtide-canaries-'));
  const canaries = new Canaries();
  return {
    directory,
    canaries,
    parrot: await startParrot(),
    mail: await startMailParrot(),
    secretFile: async (place) => {
      const file = path.join(directory, `secret-${canaries.places.length}`);
      await writeFile(file, `${canaries.plant(place)}\n`);
      return file;
    },
  };
}

async function cleared({ parrot, mail, directory }: Ground): Promise<void> {
  await parrot.stop();
  await mail.stop();
  await rm(directory, { recursive: true, force: true });
}

/** Every way to tell people, each with its secrets, each to somebody who repeats them. */
async function alertsText(ground: Ground, world: EmbeddedWorld): Promise<string> {
  const { canaries, parrot, mail, secretFile } = ground;
  const plant = (place: string): string => canaries.plant(place);
  const address = (place: string): string =>
    `http://${plant(`${place} user`)}:${plant(`${place} password`)}@127.0.0.1:${parrot.port}/${plant(`${place} path`)}?key=${plant(`${place} query`)}`;
  const urlFile = path.join(ground.directory, 'url-file');
  await writeFile(urlFile, address('webhook url_file'));
  const heartbeatFile = path.join(ground.directory, 'heartbeat-file');
  await writeFile(heartbeatFile, address('heartbeat urlFile'));
  return `
global:
  smtp_smarthost: 127.0.0.1:${mail.port}
  smtp_from: springtide@example.com
  smtp_require_tls: false
  smtp_auth_username: springtide
  smtp_auth_password: ${plant('smtp_auth_password')}
  smtp_auth_secret: ${plant('smtp_auth_secret')}
links: { externalUrl: 'https://springtide.example.com', secret: { file: '${await secretFile('links.secret')}' } }
heartbeat: { urlFile: '${heartbeatFile}', every: 15s }
forwardTo: { url: '${address('forwardTo')}', silentAfter: 20s }
people:
  duty: { sms: '+8613800000001' }
  filed: { smsFile: '${await secretFile('people smsFile')}' }
sms_gateways:
  - name: good
    http:
      url: ${world.sms.url}
      bearer: { file: '${ground.directory}/sms-key' }
      body: '{"to":"{{to}}","text":"{{text}}","id":"{{id}}"}'
      success: { status: [200], path: code, equals: 0 }
  - name: aliyun
    aliyun: { endpoint: '${parrot.url}/', accessKeyIdFile: '${await secretFile('aliyun accessKeyId')}', accessKeySecret: { file: '${await secretFile('aliyun accessKeySecret')}' }, sign: 潮汐, template: SMS_1, receipts: { token: { file: '${await secretFile('aliyun receipts.token')}' } } }
  - name: tencent
    tencent: { endpoint: '${parrot.url}/', secretId: { file: '${await secretFile('tencent secretId')}' }, secretKey: { file: '${await secretFile('tencent secretKey')}' }, appId: '1400', sign: 潮汐, template: '1', receipts: { token: { file: '${await secretFile('tencent receipts.token')}' } } }
  - name: twilio
    twilio: { endpoint: '${parrot.url}/', accountSid: { file: '${await secretFile('twilio accountSid')}' }, authToken: { file: '${await secretFile('twilio authToken')}' }, from: '+15005550006' }
  - name: smpp
    smpp: { host: 127.0.0.1, port: ${mail.port}, systemId: springtide, password: { file: '${await secretFile('smpp password')}' }, timeout: 1s }
  - name: http
    http:
      url: '${address('sms http url')}'
      headers: { X-Api-Key: ${plant('sms http header')} }
      bearer: { file: '${await secretFile('sms http bearer')}' }
      receipts: { token: { file: '${await secretFile('sms http receipts.token')}' }, id: id, status: status, delivered: [ok] }
route:
  receiver: everybody
  group_by: [alertname]
  group_wait: 0s
  group_interval: 30s
  repeat_interval: 1m
  routes: [{ receiver: hears, continue: true }, { receiver: everybody }]
receivers:
  - name: hears
    sms_configs: [{ to: [duty], gateway: good }]
    email_configs: [{ to: duty@example.com, smarthost: '127.0.0.1:${world.mail.port}', auth_username: '', auth_password: '', require_tls: false, send_resolved: true }]
  - name: everybody
    email_configs:
      - { to: team@example.com }
      - { to: other@example.com, auth_username: other, auth_password_file: '${await secretFile('auth_password_file')}' }
      - { to: third@example.com, auth_username: third, auth_password: ${plant('auth_password')} }
      - { to: fourth@example.com, auth_username: fourth, auth_secret: ${plant('auth_secret')} }
      - { to: fifth@example.com, auth_username: fifth, auth_secret_file: '${await secretFile('auth_secret_file')}' }
    sms_configs:
      - { to: [duty], gateway: aliyun }
      - { to: [duty], gateway: tencent }
      - { to: [duty], gateway: twilio }
      - { to: [duty], gateway: smpp }
      - { to: [duty], gateway: http }
    webhook_configs:
      - { url: '${address('webhook url')}' }
      - { url_file: '${urlFile}' }
      - { url: '${parrot.url}/basic', http_config: { basic_auth: { username: springtide, password: ${plant('basic_auth.password')} } } }
      - { url: '${parrot.url}/basicfile', http_config: { basic_auth: { username_file: '${await secretFile('basic_auth.username_file')}', password_file: '${await secretFile('basic_auth.password_file')}' } } }
      - { url: '${parrot.url}/bearer', http_config: { authorization: { credentials: ${plant('authorization.credentials')} } } }
      - { url: '${parrot.url}/bearerfile', http_config: { authorization: { type: Token, credentials_file: '${await secretFile('authorization.credentials_file')}' } } }
      - { url: '${parrot.url}/old', http_config: { bearer_token: ${plant('bearer_token')} } }
      - { url: '${parrot.url}/oldfile', http_config: { bearer_token_file: '${await secretFile('bearer_token_file')}' } }
      - { url: '${parrot.url}/headers', http_config: { http_headers: { X-Key: { values: [${plant('http_headers values')}], secrets: [${plant('http_headers secrets')}], files: ['${await secretFile('http_headers files')}'] } } } }
      - { url: '${parrot.url}/oauth', http_config: { oauth2: { client_id: springtide, client_secret: ${plant('oauth2.client_secret')}, token_url: '${address('oauth2 token_url')}' } } }
      - { url: '${parrot.url}/oauthfile', http_config: { oauth2: { client_id: springtide, client_secret_file: '${await secretFile('oauth2.client_secret_file')}', token_url: '${parrot.url}/token', proxy_url: 'http://${plant('oauth2 proxy user')}:${plant('oauth2 proxy password')}@127.0.0.1:${parrot.port}', proxy_connect_header: { X-Key: [${plant('oauth2 proxy_connect_header')}] } } } }
      - { url: '${parrot.url}/proxied', http_config: { proxy_url: 'http://${plant('proxy user')}:${plant('proxy password')}@127.0.0.1:${parrot.port}' } }
      - { url: 'https://127.0.0.1:${parrot.port}/tunnel', http_config: { proxy_url: 'http://127.0.0.1:${parrot.port}', proxy_connect_header: { X-Key: [${plant('proxy_connect_header')}] } } }
      - { url: 'http://127.0.0.1:9/${plant('webhook refused path')}' }
      - { url: 'https://127.0.0.1:${parrot.port}/${plant('webhook tls path')}' }
`;
}

async function daemonText(ground: Ground, prometheus: string, auth: string): Promise<string> {
  const { secretFile, directory } = ground;
  return `
apiVersion: springtide/v1
kind: Daemon
spec:
  cluster: demo
  prometheus: { url: '${prometheus}', timeout: 2s, headers: { X-Scope: ${ground.canaries.plant('prometheus.headers')} }, auth: ${auth} }
  kubernetes: { kubeconfig: '${directory}/kubeconfig.json', timeout: 2s }
  openstack: { timeout: 2s }
  http:
    listen: 127.0.0.1:0
    metrics: 127.0.0.1:0
    alerts: { listen: '127.0.0.1:0', token: { file: '${await secretFile('http.alerts.token')}' } }
    auth: { tokens: [{ name: wall, token: { file: '${await secretFile('http.auth token')}' } }] }
  state: { directory: '${directory}/state' }
`;
}

async function loaded(ground: Ground, daemon: string, alerts: string): Promise<{ config: Config; said: string }> {
  const place = path.join(ground.directory, 'config');
  await writeTexts(place, {
    'springtide.yaml': daemon,
    'policies/pods.yaml': podsText,
    'policies/nodes.yaml': nodesText,
    'alerts.yaml': alerts,
  });
  const { config, problems } = await loadConfig(place);
  const said = problems.map(formatProblem).join('\n');
  if (config === null || problems.some(({ severity }) => severity === 'error')) throw new Error(said);
  return { config, said };
}

/** Whatever lies under the state directory. */
async function filesUnder(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = await Promise.all(files.map((file) => readFile(path.join(file.parentPath, file.name), 'utf8')));
  return texts.join('\n');
}

interface Put {
  readonly what: string;
  readonly text: string;
}

/** Everything that whoever may look can see of a running daemon. */
async function answersOf(
  springtide: Assembly,
  { viewToken, alertsToken, logged }: { viewToken: string; alertsToken: string; logged: string },
): Promise<readonly Put[]> {
  const urls = springtide.server?.urls;
  const listener = /"alerts":"(http:[^"]+)"/.exec(logged)?.[1];
  const ask = async (base: string | null | undefined, at: string, token: string): Promise<Put> => {
    const answer = await fetch(`${base ?? ''}${at}`, { headers: { authorization: `Bearer ${token}` } });
    return { what: at, text: `${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}` };
  };
  return Promise.all([
    ...[
      '/',
      '/api/v1/view',
      '/api/v1/plan',
      '/api/v1/history',
      '/api/v1/texts?lang=en',
      '/metrics',
      '/healthz',
      '/readyz',
    ].map((at) => ask(urls?.page, at, viewToken)),
    ask(urls?.metrics, '/metrics', ''),
    ...['/api/v2/status', '/api/v2/receivers', '/api/v2/alerts', '/api/v2/alerts/groups', '/api/v1/explain'].map((at) =>
      ask(listener, at, alertsToken),
    ),
  ]);
}

function noSecretIn(canaries: Canaries, puts: readonly Put[]): void {
  const found = puts.flatMap(({ what, text }) => around(text, canaries).map((line) => `${what}: ${line}`));
  expect(found).toEqual([]);
}

const moods: readonly Mood[] = ['unauthorized', 'internal', 'redirect', 'nonsense', 'cutOff'];

describe('with a world that answers, and channels that repeat what they were told', () => {
  let ground: Ground;
  let world: EmbeddedWorld;
  beforeAll(async () => {
    ground = await prepared();
  });
  afterAll(async () => {
    await world.stop();
    await cleared(ground);
  });

  it('no secret is in anything that is put out', async () => {
    const clock = new VirtualClock(start);
    world = await startWorld({ clock, seed: 7 });
    world.prometheus.addTarget({ job: 'test' }, () => [{ name: 'demand', labels: {}, value: 900 }]);
    const { canaries, directory, parrot } = ground;
    await writeFile(path.join(directory, 'kubeconfig.json'), JSON.stringify(world.kubernetes.kubeconfig()));
    await writeFile(path.join(directory, 'sms-key'), world.sms.key);
    const bearer = `{ bearer: { file: '${await ground.secretFile('prometheus.auth.bearer')}' } }`;
    const { config, said } = await loaded(
      ground,
      await daemonText(ground, world.prometheus.url, bearer),
      await alertsText(ground, world),
    );
    const lines: string[] = [];
    const springtide = await assemble({
      config: () => config,
      refused: () => [],
      clock,
      wireClock: systemClock,
      env: world.openstack.environment(),
      repeats,
      log: createLogger({ level: 'trace', destination: { write: (line) => void lines.push(line) } }),
      http: { listen: config.daemon.http.listen, metricsListen: config.daemon.http.metrics },
    });
    const signal = new AbortController().signal;
    const push = (name: string): Promise<unknown> =>
      springtide.alerts.push([{ labels: { alertname: name, severity: 'page' }, annotations: { summary: 'down' } }]);
    for (const mood of moods) {
      parrot.mood = mood;
      await push(`Shop${mood}`);
      for (let left = 3; left > 0; left--) {
        clock.advance(seconds(15));
        await springtide.alerts.settle();
        await springtide.tick(clock.now(), signal);
      }
    }
    await expect.poll(() => parrot.asked.length, { timeout: 10_000 }).toBeGreaterThan(20);
    const explained = springtide.alerts.alerts().map(({ alert }) => springtide.alerts.explain(alert.fingerprint));
    const puts: Put[] = [
      { what: 'validate', text: said },
      ...(await answersOf(springtide, {
        viewToken: canaries.plant('http.auth token'),
        alertsToken: canaries.plant('http.alerts.token'),
        logged: lines.join(''),
      })),
      { what: 'status of alerts', text: JSON.stringify(springtide.alerts.status(200)) },
      { what: 'explained alerts', text: JSON.stringify(explained) },
      { what: 'mails', text: JSON.stringify(world.mail.mails) },
      { what: 'texts', text: JSON.stringify(world.sms.messages) },
      { what: 'events', text: JSON.stringify(world.kubernetes.objects.list('events')) },
      { what: 'nodes', text: JSON.stringify(world.kubernetes.objects.list('nodes')) },
    ];
    await springtide.close();
    puts.push({ what: 'state', text: await filesUnder(path.join(directory, 'state')) });
    puts.push({ what: 'log', text: lines.join('') });
    expect(lines.join('')).toContain('everybody');
    noSecretIn(canaries, puts);
    for (const planted of Object.values(plantedFor).flat()) expect(canaries.places).toContain(planted);
  });
});

describe('with a world that repeats what it was told', () => {
  it.each([
    [
      'a bearer',
      (ground: Ground) => ground.secretFile('prometheus bearer').then((file) => `{ bearer: { file: '${file}' } }`),
    ],
    [
      'a password',
      (ground: Ground) =>
        ground
          .secretFile('prometheus password')
          .then((file) => `{ basic: { username: u, password: { file: '${file}' } } }`),
    ],
  ])('no secret is in anything that is put out, by %s', async (_what, authOf) => {
    const ground = await prepared();
    const { canaries, directory, parrot } = ground;
    const clock = new VirtualClock(start);
    const { port } = parrot;
    await writeFile(
      path.join(directory, 'kubeconfig.json'),
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'it',
        contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
        clusters: [{ name: 'it', cluster: { server: parrot.url } }],
        users: [{ name: 'it', user: { token: canaries.plant('kubeconfig token') } }],
      }),
    );
    const prometheus = `http://127.0.0.1:${port}`;
    const alerts = `route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n`;
    const { config, said } = await loaded(ground, await daemonText(ground, prometheus, await authOf(ground)), alerts);
    const env = {
      OS_AUTH_URL: `${parrot.url}/v3`,
      OS_USERNAME: 'springtide',
      OS_PASSWORD: canaries.plant('OS_PASSWORD'),
      OS_PROJECT_NAME: 'shop',
      OS_USER_DOMAIN_NAME: 'Default',
      OS_PROJECT_DOMAIN_NAME: 'Default',
    };
    const puts: Put[] = [{ what: 'validate', text: said }];
    for (const mood of moods) {
      parrot.mood = mood;
      const doctor = await connectDoctor(config, systemClock, env, repeats, 50 as Milliseconds);
      const { snapshot, answers } = await doctor.look();
      const checks = diagnose(snapshot, config, emptyMemory(), answers, clock.now());
      puts.push({ what: `doctor, ${mood}`, text: JSON.stringify(checks) });
      puts.push({ what: `snapshot, ${mood}`, text: JSON.stringify(snapshot) });
      await doctor.close();
    }
    noSecretIn(canaries, puts);
    await cleared(ground);
  });
});
