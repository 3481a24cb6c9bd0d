// The switch's file: whole or not at all, the last good one kept, and what people write into it by hand.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ControlFacts } from '../../src/model/snapshot.ts';
import { seconds, type Instant } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { controlInDirectory } from '../../src/state/control.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'control-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const file = () => path.join(directory, 'control.json');
const stopped: ControlFacts = {
  off: ['pods.down'],
  until: '2026-11-20T14:00:00Z',
  by: 'wei',
  why: 'a load test',
  releasedAt: null,
};
const released: ControlFacts = { ...stopped, off: [], until: null, releasedAt: '2026-11-20T13:00:00Z' };

describe("people's switch in a directory", () => {
  it('is none where nobody has switched anything, and comes back as it was written', async () => {
    const home = controlInDirectory(path.join(directory, 'a', 'b'));
    expect(await home.read()).toEqual({ control: null, damage: null });
    await home.write(stopped);
    expect(await home.read()).toEqual({ control: stopped, damage: null });
    await home.write(released);
    expect(await controlInDirectory(path.join(directory, 'a', 'b')).read()).toEqual({
      control: released,
      damage: null,
    });
    expect(readdirSync(path.join(directory, 'a', 'b'))).toEqual(['control.json']);
  });

  it('is the old one or the new one for whoever reads while it is written, by two at once', async () => {
    const home = controlInDirectory(directory);
    await home.write(stopped);
    const why = 'x'.repeat(30_000);
    const writes = Array.from({ length: 20 }, (_, index) => home.write({ ...stopped, why: `${why}${index}` }));
    const reads = await Promise.all(Array.from({ length: 50 }, () => controlInDirectory(directory).read()));
    await Promise.all(writes);
    expect(reads.filter(({ damage }) => damage !== null)).toEqual([]);
    expect(readdirSync(directory)).toEqual(['control.json']);
  });

  it('survives a kill between write and rename: the old one counts', async () => {
    const home = controlInDirectory(directory);
    await home.write(stopped);
    writeFileSync(`${file()}.0badc0de.new`, '{"off":["pods.u');
    expect(await home.read()).toEqual({ control: stopped, damage: null });
    await home.write(released);
    expect(await home.read()).toEqual({ control: released, damage: null });
  });

  it('leaves nothing behind where it cannot be written', async () => {
    mkdirSync(file());
    await expect(controlInDirectory(directory).write(stopped)).rejects.toThrow();
    expect(readdirSync(directory)).toEqual(['control.json']);
  });

  it.each([
    ['cut off', '{"off":["pods.d', /control\.json: .*JSON/],
    ['empty', '', /control\.json: /],
    ['of a newer schema', '{"schema":2,"off":[]}', /schema 1/],
    ['with a way that is none', '{"off":["pods.sideways"]}', /off/],
    ['with a key that is none', '{"off":[],"utnil":null}', /utnil/],
    ['with an end that is none', '{"off":[],"until":"tomorrow"}', /until: is no instant/],
  ])('that is %s is told of, and the last good one stays', async (_, text, damage) => {
    const home = controlInDirectory(directory);
    await home.write(stopped);
    await home.read();
    writeFileSync(file(), text);
    const broken = { control: stopped, damage: expect.stringMatching(damage) as string };
    expect(await home.read()).toEqual(broken);
    expect(await home.read()).toEqual(broken);
    await home.write(released);
    expect(await home.read()).toEqual({ control: released, damage: null });
  });

  it('is told of also by a process that has never read a good one', async () => {
    writeFileSync(file(), '{');
    expect(await controlInDirectory(directory).read()).toMatchObject({ control: null });
  });

  it('ends when the file is taken away', async () => {
    const home = controlInDirectory(directory);
    await home.write(stopped);
    await home.read();
    rmSync(file());
    expect(await home.read()).toEqual({ control: null, damage: null });
  });

  it.each([
    ['"all"', ['pods.up', 'pods.down', 'nodes.grow', 'nodes.shrink']],
    ['["all"]', ['pods.up', 'pods.down', 'nodes.grow', 'nodes.shrink']],
    ['["nodes.shrink","pods.down","pods.down"]', ['pods.down', 'nodes.shrink']],
  ])('takes %s as a person writes it', async (off, ways) => {
    writeFileSync(file(), `{"off":${off}}`);
    const { control } = await controlInDirectory(directory).read();
    expect(control).toEqual({ off: ways, until: null, by: '', why: '', releasedAt: null });
  });

  it('is known between ticks, and what it was before any read is nothing', async () => {
    const clock = new VirtualClock(Date.parse('2026-11-20T08:00:00Z') as Instant);
    const home = controlInDirectory(directory);
    const following = new AbortController();
    let told = 0;
    home.follow(() => (told += 1), { clock, signal: following.signal });
    expect(home.latest()).toEqual({ control: null, damage: null });
    await controlInDirectory(directory).write(stopped);
    while (told === 0) {
      clock.advance(seconds(1));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(home.latest().control).toEqual(stopped);
    following.abort();
  });

  it('may be read by a daemon that runs as somebody else', async () => {
    await controlInDirectory(directory).write(stopped);
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({ schema: 1, off: ['pods.down'] });
  });
});
