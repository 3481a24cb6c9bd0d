// The Dockerfile as text: what npm run image:check builds and runs, held to what must not be lost between two runs of it.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Step {
  readonly kind: string;
  readonly from?: string;
  readonly sources: readonly string[];
}
interface Stage {
  readonly name: string;
  readonly base: string;
  readonly user: string;
  readonly steps: readonly Step[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly healthcheck: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const script = (name: string): Promise<unknown> => import(pathToFileURL(path.join(root, 'scripts/image', name)).href);
const { readDockerfile } = (await script('dockerfile.mjs')) as { readDockerfile: (text: string) => readonly Stage[] };
const { contextOf } = (await script('build.mjs')) as { contextOf: (directory: string) => readonly string[] };
const stages = readDockerfile(readFileSync(path.join(root, 'Dockerfile'), 'utf8'));
const last = stages.at(-1);

describe('the image', () => {
  it('stands on a named version of Node, the same in all stages', () => {
    expect(new Set(stages.map(({ base }) => base))).toEqual(new Set(['node:24-bookworm-slim']));
  });

  it('copies what is there and what .dockerignore lets through', () => {
    const context = contextOf(root);
    const sources = stages.flatMap(({ steps }) =>
      steps.filter(({ kind, from }) => kind === 'copy' && from === undefined).flatMap((step) => step.sources),
    );
    expect(sources.filter((name) => !existsSync(path.join(root, name)))).toEqual([]);
    expect(sources.filter((name) => !context.some((one) => name === one || name.startsWith(`${one}/`)))).toEqual([]);
  });

  it('has nothing of the compiler in its last stage, and runs no command there', () => {
    const steps = last?.steps.filter(({ kind }) => kind !== 'workdir') ?? [];
    expect(steps.map(({ kind, from }) => `${kind} ${from ?? ''}`)).toEqual(['copy gather', 'copy gather']);
  });

  it('runs as the user of the manifests, without a shell', () => {
    expect(last?.user).toBe('65532:65532');
    expect(last?.entrypoint).toEqual(['node', '/app/dist/cli/main.js']);
    expect(last?.cmd).toEqual(['run', '--config', '/etc/springtide']);
    expect(last?.healthcheck[0]).toBe('node');
    expect(last?.labels).toMatchObject({ 'org.opencontainers.image.licenses': 'Apache-2.0' });
  });
});
