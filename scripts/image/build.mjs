// Executes the stages of a Dockerfile, each in a directory of its own: for machines without a container engine.
import { execFileSync, spawnSync } from 'node:child_process';
import { lchownSync, lstatSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { runIn } from './chroot.mjs';

const npmConfig = (name) => spawnSync('npm', ['config', 'get', name], { encoding: 'utf8' }).stdout.trim();

/** What .dockerignore lets through: ours names everything that goes, after a `*`. */
export function contextOf(root) {
  const lines = readFileSync(path.join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const [first, ...others] = lines;
  if (first !== '*' || others.some((line) => !line.startsWith('!') || line.includes('*')))
    throw new Error('.dockerignore: expected a `*`, then plain exceptions');
  return others.map((line) => line.slice(1));
}

function ownAll(place, uid, gid) {
  lchownSync(place, uid, gid);
  if (lstatSync(place).isDirectory()) for (const name of readdirSync(place)) ownAll(path.join(place, name), uid, gid);
}

function copy(step, stage, stages, root, context) {
  const from = step.from === undefined ? root : stages.get(step.from).root;
  for (const source of step.sources) {
    if (step.from === undefined && !context.some((name) => source === name || source.startsWith(`${name}/`)))
      throw new Error(`Dockerfile: .dockerignore keeps ${source} out of the build`);
    const origin = path.join(from, source);
    const asDirectory = step.to.endsWith('/') || step.sources.length > 1;
    const named = path.resolve('/', step.workdir, step.to);
    const target = path.join(stage.root, asDirectory ? path.join(named, path.basename(source)) : named);
    mkdirSync(path.dirname(target), { recursive: true });
    // Times are kept, those of directories included.
    execFileSync('cp', ['-aT', origin, target]);
    const [uid = 0, gid = uid] = (step.chown ?? '0:0').split(':').map(Number);
    ownAll(target, uid, gid);
  }
}

/** The last stage, with its root. */
export function buildStages(stages, { root, directory, say }) {
  const context = contextOf(root);
  const built = new Map();
  const cache = npmConfig('cache');
  const environment = { HOME: '/root', npm_config_registry: npmConfig('registry'), npm_config_cache: '/root/.npm' };
  for (const stage of stages) {
    const place = { ...stage, root: path.join(directory, stage.name) };
    mkdirSync(place.root, { recursive: true });
    built.set(stage.name, place);
    for (const step of stage.steps) {
      if (step.kind === 'workdir') mkdirSync(path.join(place.root, step.path), { recursive: true });
      else if (step.kind === 'copy') copy(step, place, built, root, context);
      else {
        const began = Date.now();
        const { status, output } = runIn(place.root, {
          workdir: step.workdir,
          env: { ...environment, ...stage.args, ...stage.env },
          command: step.command,
          mounts: [{ from: cache, to: '/root/.npm', writable: true }],
        });
        if (status !== 0) throw new Error(`${step.command.join(' ')} ended with ${status}\n${output.slice(-4000)}`);
        say(`${stage.name}: ${step.command.at(-1).slice(0, 70)} (${Math.round((Date.now() - began) / 1000)} s)`);
      }
    }
  }
  return [...built.values()].at(-1);
}
