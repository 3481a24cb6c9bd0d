// npm run image:check: builds the image, by an engine or by executing its Dockerfile here, and runs it as a cluster would: as nobody, on a read-only root.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildStages } from './image/build.mjs';
import { mayEnter, runIn, startIn } from './image/chroot.mjs';
import { readDockerfile } from './image/dockerfile.mjs';

const root = path.dirname(import.meta.dirname);
const version = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).version;
const directory = mkdtempSync(path.join(tmpdir(), 'springtide-image-'));
const problems = [];
const say = (text) => process.stdout.write(`${text}\n`);
const expectThat = (name, right, found = '') => {
  say(`${right ? 'ok  ' : 'FAIL'}  ${name}${right || found === '' ? '' : `: ${found}`}`);
  if (!right) problems.push(name);
};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Every path below it, as in the image. */
function* walk(base, place = '/') {
  for (const entry of readdirSync(path.join(base, place), { withFileTypes: true })) {
    const name = path.join(place, entry.name);
    yield { name, entry };
    if (entry.isDirectory()) yield* walk(base, name);
  }
}

/** What lies in the image, whoever built it. */
function examineFiles(base) {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  const onlyForWork = Object.entries(lock.packages)
    .filter(([name, facts]) => facts.dev === true && existsSync(path.join(base, 'app', name)))
    .map(([name]) => name);
  expectThat('no development dependency', onlyForWork.length === 0, onlyForWork.join(', '));
  const files = [...walk(path.join(base, 'app'))];
  const secret = /(?:^|\/)(?:\.npmrc|\.env|\.git|\.netrc|id_[a-z0-9]+|clouds\.yaml|secure\.yaml|.*\.kubeconfig)$/;
  const kept = files.filter(({ name }) => secret.test(name)).map(({ name }) => name);
  expectThat('no credentials, no history', kept.length === 0, kept.join(', '));
  const writable = files.filter(({ name, entry }) => {
    if (entry.isSymbolicLink()) return false;
    const { mode, uid, gid } = statSync(path.join(base, 'app', name));
    return uid !== 0 || gid !== 0 || (mode & 0o022) !== 0;
  });
  expectThat(
    'nothing of it can be written by its user',
    writable.length === 0,
    writable
      .slice(0, 3)
      .map(({ name }) => name)
      .join(', '),
  );
  const sources = files.filter(({ name }) => /\.tsbuildinfo$|^\/(?:src|test|scripts)\//.test(name));
  expectThat('no sources, no leftovers of the build', sources.length === 0, sources.map(({ name }) => name).join(', '));
  const times = new Set(
    files.map(({ name, entry }) => (entry.isSymbolicLink() ? 0 : statSync(path.join(base, 'app', name)).mtimeMs)),
  );
  expectThat('all files carry one time', times.size === 1, [...times].slice(0, 3).join(', '));
  const sbom = JSON.parse(readFileSync(path.join(base, 'app/sbom.spdx.json'), 'utf8'));
  expectThat(`an SBOM of ${sbom.packages.length} packages`, sbom.packages.length > 20);
}

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** A daemon whose world does not answer: it has to tick and to say so all the same. */
function writeConfiguration(place, metrics) {
  mkdirSync(place);
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'none',
    contexts: [{ name: 'none', context: { cluster: 'none', user: 'none' } }],
    clusters: [{ name: 'none', cluster: { server: 'http://127.0.0.1:9' } }],
    users: [{ name: 'none', user: { token: 'none' } }],
  };
  const spec = {
    cluster: 'image-check',
    interval: '1s',
    mode: 'dryRun',
    prometheus: { url: 'http://127.0.0.1:9', timeout: '1s' },
    kubernetes: { kubeconfig: '/etc/springtide-kubeconfig/config', timeout: '1s' },
    http: { listen: metrics, metrics },
    state: { directory: '/var/lib/springtide' },
  };
  writeFileSync(
    path.join(place, 'springtide.yaml'),
    JSON.stringify({ apiVersion: 'springtide/v1', kind: 'Daemon', spec }),
  );
  mkdirSync(`${place}-kubeconfig`);
  writeFileSync(path.join(`${place}-kubeconfig`, 'config'), JSON.stringify(kubeconfig));
}

async function answers(url, ended) {
  const end = Date.now() + 60_000;
  while (Date.now() < end && !ended()) {
    const answer = await fetch(url).catch(() => null);
    const body = answer === null ? null : await answer.json();
    if (answer?.ok === true && body.tick !== null) return body;
    await pause(100);
  }
  return null;
}

async function examineRunning({ root: image, env, user, workdir, entrypoint, cmd, healthcheck }) {
  const as = { user, workdir, env, readonly: true };
  const shown = runIn(image, { ...as, command: ['springtide', '--version'] });
  expectThat('springtide --version', shown.stdout.trim() === version, shown.output);

  const port = await freePort();
  const config = path.join(directory, 'config');
  writeConfiguration(config, `127.0.0.1:${port}`);
  const mounts = [
    { from: config, to: '/etc/springtide' },
    { from: `${config}-kubeconfig`, to: '/etc/springtide-kubeconfig' },
    { to: '/var/lib/springtide' },
  ];
  const child = startIn(image, { ...as, mounts, command: [...entrypoint, ...cmd] });
  let log = '';
  let status = null;
  child.stdout.on('data', (text) => (log += text));
  child.stderr.on('data', (text) => (log += text));
  const ended = new Promise((resolve) => child.once('close', (code) => resolve((status = code ?? -1))));
  const health = await answers(`http://127.0.0.1:${port}/healthz`, () => status !== null);
  expectThat('the daemon ticks on a read-only root', health !== null, log.slice(-2000));
  if (health === null) {
    child.kill('SIGKILL');
    return;
  }
  const [pid] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ');
  const facts = readFileSync(`/proc/${pid}/status`, 'utf8');
  const fact = (name) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(facts)?.[1] ?? '';
  expectThat(
    `it runs as ${user}`,
    fact('Uid')
      .split(/\s+/)
      .every((id) => id === user.split(':')[0]),
    fact('Uid'),
  );
  expectThat('without capabilities', /^0+$/.test(fact('CapEff')) && /^0+$/.test(fact('CapBnd')), fact('CapEff'));
  expectThat('without new privileges', fact('NoNewPrivs') === '1', fact('NoNewPrivs'));
  const probe = healthcheck.map((word) => word.replace('127.0.0.1:9090', `127.0.0.1:${port}`));
  expectThat('its HEALTHCHECK says healthy', runIn(image, { ...as, command: probe }).status === 0);
  const touch = [
    'find',
    '/',
    '-xdev',
    '-writable',
    '-not',
    '-type',
    'l',
    '-not',
    '-path',
    '/proc/*',
    '-not',
    '-path',
    '/dev/*',
  ];
  const open = runIn(image, { ...as, command: touch }).stdout.trim();
  expectThat('its user can write nowhere', open === '', open);
  process.kill(Number(pid), 'SIGTERM');
  expectThat('SIGTERM ends it in order', (await ended) === 0, log.slice(-500));
}

const engine = ['docker', 'podman', 'buildah'].find(
  (name) => spawnSync(name, ['info'], { stdio: 'ignore' }).status === 0,
);

/** The filesystem that an engine made, unpacked: it is looked at and run in the same way. */
function byEngine(stage) {
  const tag = 'springtide:image-check';
  const run = (...args) => {
    const { status, stdout, stderr } = spawnSync(engine, args, { encoding: 'utf8', maxBuffer: 1024 * 1024 * 1024 });
    if (status !== 0) throw new Error(`${engine} ${args.join(' ')} ended with ${status}\n${stderr.slice(-4000)}`);
    return stdout.trim();
  };
  const place = path.join(directory, 'image');
  mkdirSync(place);
  run(engine === 'buildah' ? 'bud' : 'build', '--tag', tag, root);
  if (engine === 'buildah') {
    const container = run('from', tag);
    spawnSync('sh', ['-c', `cp -a "$(buildah mount ${container})/app" "$(buildah mount ${container})/var" '${place}'`]);
    run('rm', container);
  } else {
    const container = run('create', tag);
    spawnSync('sh', ['-c', `${engine} export ${container} | tar -x -C '${place}' app var/lib/springtide`]);
    run('rm', container);
    const shown = run('run', '--rm', '--read-only', '--cap-drop=ALL', tag, '--version');
    expectThat(`${engine} run: --version`, shown === version, shown);
  }
  return { ...stage, root: place };
}

try {
  const stages = readDockerfile(readFileSync(path.join(root, 'Dockerfile'), 'utf8'));
  const last = stages.at(-1);
  expectThat('the user is a number, and not root', /^[1-9]\d*:[1-9]\d*$/.test(last.user), last.user);
  if (!mayEnter()) throw new Error('this needs root and namespaces: run it as root');
  say(engine === undefined ? 'no engine: executing the Dockerfile here' : `building with ${engine}`);
  const image = engine === undefined ? buildStages(stages, { root, directory, say }) : byEngine(last);
  examineFiles(image.root);
  await examineRunning(image);
} catch (error) {
  problems.push('it ended early');
  say(`FAIL  ${error.message}`);
} finally {
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}
process.exitCode = problems.length === 0 ? 0 : 1;
