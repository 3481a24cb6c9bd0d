// Reads a Dockerfile into stages and steps: as much of the language as ours uses; what is beyond it is refused.

const known = new Set([
  'ARG',
  'FROM',
  'WORKDIR',
  'COPY',
  'RUN',
  'ENV',
  'LABEL',
  'USER',
  'EXPOSE',
  'HEALTHCHECK',
  'ENTRYPOINT',
  'CMD',
]);

/** Joined lines without comments: [instruction, rest] */
function instructions(text) {
  const lines = text
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [, name = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    const instruction = name.toUpperCase();
    if (!known.has(instruction)) throw new Error(`Dockerfile: cannot execute "${line}"`);
    return [instruction, rest.trim()];
  });
}

const fill = (text, values) => text.replaceAll(/\$\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const words = (text) => [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
const commandOf = (text) => (text.startsWith('[') ? JSON.parse(text) : ['/bin/sh', '-c', text]);
const pairs = (text) =>
  Object.fromEntries(
    [...text.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S+))/g)].map(([, name, quoted, plain]) => [name, quoted ?? plain]),
  );

export function readDockerfile(text, given = {}) {
  const stages = [];
  const globals = { ...given };
  for (const [instruction, rest] of instructions(text)) {
    const stage = stages.at(-1);
    if (instruction === 'FROM') {
      const [base, , name = `stage-${stages.length}`] = fill(rest, globals).split(/\s+/);
      stages.push({ name, base, args: {}, env: {}, labels: {}, user: '0:0', workdir: '/', steps: [], ports: [] });
      continue;
    }
    if (instruction === 'ARG') {
      const [name, value = ''] = rest.split('=');
      const scope = stage?.args ?? globals;
      scope[name] = given[name] ?? value;
      continue;
    }
    if (stage === undefined) throw new Error(`Dockerfile: ${instruction} before FROM`);
    const filled = fill(rest, stage.args);
    switch (instruction) {
      case 'WORKDIR':
        stage.workdir = filled;
        stage.steps.push({ kind: 'workdir', path: filled });
        break;
      case 'COPY': {
        const all = words(filled);
        const flags = Object.fromEntries(
          all.filter((word) => word.startsWith('--')).map((word) => word.slice(2).split('=')),
        );
        const paths = all.filter((word) => !word.startsWith('--'));
        stage.steps.push({
          kind: 'copy',
          ...flags,
          sources: paths.slice(0, -1),
          to: paths.at(-1),
          workdir: stage.workdir,
        });
        break;
      }
      case 'RUN':
        // The shell fills in what it knows: arguments are in its environment.
        stage.steps.push({ kind: 'run', command: commandOf(rest), workdir: stage.workdir });
        break;
      case 'ENV':
        Object.assign(stage.env, pairs(filled));
        break;
      case 'LABEL':
        Object.assign(stage.labels, pairs(filled));
        break;
      case 'USER':
        stage.user = filled;
        break;
      case 'EXPOSE':
        stage.ports.push(...filled.split(/\s+/).map(Number));
        break;
      case 'HEALTHCHECK':
        stage.healthcheck = commandOf(filled.slice(filled.indexOf('CMD') + 3).trim());
        break;
      case 'ENTRYPOINT':
        stage.entrypoint = commandOf(filled);
        break;
      case 'CMD':
        stage.cmd = commandOf(filled);
        break;
    }
  }
  return stages;
}
