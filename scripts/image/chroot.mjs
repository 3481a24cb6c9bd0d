// Runs a command in a directory as its root, in mount and process namespaces of its own: what an engine does, with this machine's system as the base image.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const prefix = path.dirname(path.dirname(process.execPath));
/** Read-only from this machine: programs and libraries, and how names and certificates are found. */
const system = ['/usr', '/bin', '/sbin', '/lib', '/lib64', '/etc/ssl', '/etc/resolv.conf', '/etc/hosts', '/etc/passwd'];
const shared = [...system, ...(prefix === '/usr' ? [] : [prefix])].filter((place) => existsSync(place));
const ownPath = [...new Set([`${prefix}/bin`, '/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'])].join(':');

const quoted = (text) => `'${String(text).replaceAll("'", `'\\''`)}'`;

function script(root, { user, workdir, env, command, mounts, readonly }) {
  const at = (place) => quoted(path.join(root, place));
  const into = (from, place, options) => [
    `if [ -d ${quoted(from)} ]; then mkdir -p ${at(place)}; else mkdir -p ${at(path.dirname(place))}; [ -e ${at(place)} ] || : > ${at(place)}; fi`,
    `mount --bind ${quoted(from)} ${at(place)}`,
    ...(options === undefined ? [] : [`mount -o remount,bind,${options} ${at(place)}`]),
  ];
  const isRoot = user.startsWith('0:') || user === '0';
  const [uid, gid = uid] = user.split(':');
  const drop = `setpriv --reuid ${uid} --regid ${gid} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all --`;
  const variables = Object.entries({ ...env, PATH: (env.PATH ? `${env.PATH}:` : '') + ownPath });
  return [
    'set -eu',
    // Bound onto itself it is a mount, which can be made read-only without what is mounted in it.
    `mount --bind ${quoted(root)} ${quoted(root)}`,
    ...shared.flatMap((place) => into(place, place, 'ro')),
    `mkdir -p ${at('/proc')} ${at('/tmp')} ${at(workdir)}`,
    `mount -t proc proc ${at('/proc')}`,
    ...['null', 'zero', 'random', 'urandom'].flatMap((name) => into(`/dev/${name}`, `/dev/${name}`)),
    ...mounts.flatMap(({ from, to, writable }) => {
      if (from !== undefined) return into(from, to, writable ? undefined : 'ro');
      return [`mkdir -p ${at(to)}`, `mount -t tmpfs -o mode=0777,nosuid,nodev tmpfs ${at(to)}`];
    }),
    ...(readonly ? [`mount -o remount,bind,ro ${quoted(root)}`] : []),
    `exec chroot ${quoted(root)} /usr/bin/env -i -C ${quoted(workdir)} ${variables.map(([name, value]) => quoted(`${name}=${value}`)).join(' ')} ${isRoot ? '' : drop} ${command.map(quoted).join(' ')}`,
  ].join('\n');
}

const defaults = { user: '0:0', workdir: '/', env: {}, mounts: [], readonly: false };
const isolated = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private', 'sh', '-c'];

export const mayEnter = () =>
  process.getuid?.() === 0 && spawnSync('unshare', [...isolated, 'true'], { stdio: 'ignore' }).status === 0;

/** To its end: { status, output } */
export function runIn(root, options) {
  const given = { ...defaults, ...options };
  const { status, stdout, stderr } = spawnSync('unshare', [...isolated, script(root, given)], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status, stdout, output: `${stdout}${stderr}` };
}

/** Goes on until it is killed: the child is unshare, and the command its only child. */
export function startIn(root, options) {
  const given = { ...defaults, ...options };
  return spawn('unshare', [...isolated, script(root, given)], { stdio: ['ignore', 'pipe', 'pipe'] });
}
