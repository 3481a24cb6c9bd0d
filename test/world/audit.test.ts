// The audit log of a daemon that runs: every write in both tiers with its line, whole over a kill.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { verify } from '../../src/audit/verify.ts';
import { Rig } from './rig.ts';

it('has a line before and after each write, of one chain over a restart', async () => {
  const rig = await Rig.raise();
  try {
    await rig.kill();
    const file = path.join(rig.directory, 'audit.jsonl');
    rig.config = { ...rig.config, daemon: { ...rig.config.daemon, audit: { file } } };
    await rig.boot();
    rig.demand = 1500;
    await rig.until('a VM', () => rig.resizes.length > 0);
    await rig.kill();
    await rig.boot();
    rig.demand = 100;
    await rig.until('fewer replicas', () => rig.replicas === 2);
    await rig.kill();
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(await verify([file])).toMatchObject({ lines: lines.length, broken: null });
    expect(entries.filter(({ event }) => event === 'start')).toHaveLength(2);
    const resize = entries.find(({ event, phase }) => event === 'resize' && phase === 'outcome');
    expect(resize).toMatchObject({ status: 'succeeded', requestId: expect.stringMatching(/^req-/) as string });
    const replicas = rig.world.kubernetes.objects.get('deployments', 'web', 'shop')?.spec.replicas;
    const scales = entries.filter(({ event, status }) => event === 'scale' && status === 'succeeded');
    expect(scales.at(-1)).toMatchObject({ after: { replicas } });
    const intents = entries.filter(({ phase }) => phase === 'intent').map(({ seq }) => seq);
    const answered = entries.filter(({ phase }) => phase === 'outcome').map(({ intent }) => intent);
    expect([...answered].sort()).toEqual([...intents].sort());
  } finally {
    await rig.lower();
  }
});
