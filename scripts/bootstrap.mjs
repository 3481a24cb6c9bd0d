// What `npm run …` starts: makes sure that everything it needs is installed and built, says so in one line, then runs it.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
process.chdir(root);
const [verb = '', ...given] = process.argv.slice(2);
const bin = (name) => path.join(root, 'node_modules', '.bin', name);
const node = process.execPath;
const vitest = (...projects) => [bin('vitest'), 'run', ...projects.flatMap((name) => ['--project', name])];

/** verb -> what must be built, and the commands that are run one after the other */
const verbs = {
  demo: { needs: ['daemon', 'page'], commands: [[node, 'dist/cli/main.js', 'demo']] },
  dev: { needs: ['daemon', 'page'], commands: [[node, 'scripts/dev.mjs']] },
  build: { needs: ['daemon', 'page'], commands: [] },
  test: { needs: ['daemon', 'page'], commands: [vitest('unit', 'world')] },
  'test:unit': { needs: [], commands: [vitest('unit')] },
  'test:vectors': { needs: [], commands: [[node, 'dist-vectors/test/vectors/runner/main.js']] },
  'test:real': { needs: ['daemon', 'page'], commands: [vitest('real*')] },
  'test:soak': { needs: ['daemon', 'page'], commands: [vitest('soak')] },
  check: {
    needs: ['daemon'],
    commands: [
      [bin('tsc'), '-p', 'tsconfig.json'],
      [bin('tsc'), '-p', 'src/web/tsconfig.json'],
      [node, 'scripts/unused-exports.mjs'],
      [bin('eslint'), '.'],
      [bin('prettier'), '--check', '--log-level', 'warn', '.'],
      [node, 'scripts/generate.mjs', '--check'],
    ],
  },
  bench: { needs: ['daemon', 'page'], commands: [[node, '--max-semi-space-size=32', 'dist-bench/main.js']] },
  generate: { needs: ['daemon'], commands: [[node, 'scripts/generate.mjs']] },
};

const fail = (text) => {
  process.stderr.write(`springtide: ${text}\n`);
  process.exit(1);
};
const say = (text) => process.stderr.write(`springtide: ${text}\n`);

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19))
  fail(`Node ${process.versions.node} is too old: install 20.19 or newer`);
const task = verbs[verb] ?? fail(`there is no "${verb}": one of ${Object.keys(verbs).join(', ')}`);

function runQuietly(command, args) {
  const result = spawnSync(command, args, { encoding: 'utf8', shell: false });
  if (result.status === 0) return;
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
  fail(`${[command, ...args].join(' ')} failed`);
}

const stampFile = path.join(root, 'node_modules', '.springtide-installed');
const lock = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
const isInstalled =
  existsSync(stampFile) &&
  readFileSync(stampFile, 'utf8') === lock &&
  existsSync(bin('tsc')) &&
  existsSync(bin('vitest'));
if (!isInstalled) {
  say('installing dependencies (npm ci) …');
  runQuietly('npm', ['ci', '--no-audit', '--no-fund', '--loglevel', 'error']);
  writeFileSync(stampFile, lock);
}

function newestIn(...places) {
  let newest = 0;
  for (const place of places) {
    if (!existsSync(place)) continue;
    const facts = statSync(place);
    if (!facts.isDirectory()) newest = Math.max(newest, facts.mtimeMs);
    else for (const name of readdirSync(place)) newest = Math.max(newest, newestIn(path.join(place, name)));
  }
  return newest;
}

/** part -> what it is made from, and how */
const parts = {
  daemon: {
    from: ['src', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'],
    make: () => runQuietly(bin('tsc'), ['-p', 'tsconfig.build.json']),
  },
  page: {
    from: ['src/web', 'src/model', 'vite.config.ts', 'package-lock.json'],
    make: () => runQuietly(bin('vite'), ['build', '--logLevel', 'error']),
  },
};
for (const name of task.needs) {
  const stamp = path.join(root, 'dist', `.${name}-built`);
  if (existsSync(stamp) && statSync(stamp).mtimeMs > newestIn(...parts[name].from)) continue;
  say(`building the ${name} …`);
  // A renamed source must not leave its old self behind.
  if (name === 'daemon' && !existsSync(stamp)) rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  mkdirSync(path.join(root, 'dist'), { recursive: true });
  parts[name].make();
  writeFileSync(stamp, '');
}
/** verb -> what it runs beside the product, compiled to a folder of its own */
const ownProject = { bench: 'bench/tsconfig.json', 'test:vectors': 'test/vectors/runner/tsconfig.json' }[verb];
if (ownProject !== undefined) runQuietly(bin('tsc'), ['-p', ownProject]);
// The shipped sentences are looked for beside the compiled sources.
if (verb === 'test:vectors') cpSync('config', 'dist-vectors/config', { recursive: true });

for (const [index, [command, ...args]] of task.commands.entries()) {
  const isLast = index === task.commands.length - 1;
  const child = spawn(command, [...args, ...(isLast && verb !== 'check' ? given : [])], { stdio: 'inherit' });
  // Ctrl-C reaches the child by itself; whoever stops only us means the child too.
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => undefined);
  const status = await new Promise((resolve) =>
    child.on('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1))),
  );
  if (status !== 0) process.exit(status);
}
