// Recordings: written whole, read with tolerance for what is new, refused with the line that is wrong.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRecording, readRecording, writeRecording } from '../../src/collectors/recording.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';

let directory: string;
beforeAll(() => (directory = mkdtempSync(path.join(os.tmpdir(), 'springtide-'))));
afterAll(() => rmSync(directory, { recursive: true }));

const snapshot: Snapshot = {
  time: '2026-11-20T08:00:00Z',
  kubernetes: { pods: [{ metadata: { name: 'a' } }] },
  magnum: {},
  nova: {},
  prometheus: { queries: { up: { status: 'success', data: { resultType: 'vector', result: [] } } } },
  errors: [{ source: 'nova', what: 'limits', code: 'Timeout', message: 'late' }],
};

describe('a recording', () => {
  it('comes back as it was written, for its owner only, with nothing left beside it', async () => {
    const file = path.join(directory, 'deep', 'recording.json');
    await writeRecording(file, { snapshot, memory: { schema: 9 }, configHash: 'h' });
    expect(await readRecording(file)).toEqual({
      form: 'recording',
      recording: { schema: 1, snapshot, memory: { schema: 9 }, configHash: 'h' },
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(path.dirname(file))).toEqual(['recording.json']);
  });

  it('may be a bare snapshot with only what somebody cared to write', () => {
    const { form, recording } = parseRecording('{"time":"2026-11-20T08:00:00Z"}', 'x');
    expect(form).toBe('bareSnapshot');
    expect(recording.snapshot).toEqual({
      time: '2026-11-20T08:00:00Z',
      kubernetes: {},
      magnum: {},
      nova: {},
      prometheus: {},
      errors: [],
    });
  });

  it('keeps fields that are not known yet', () => {
    const text = JSON.stringify({ schema: 1, later: 1, snapshot: { ...snapshot, kubernetes: { rockets: [1] } } });
    expect(parseRecording(text, 'x').recording).toMatchObject({ later: 1, snapshot: { kubernetes: { rockets: [1] } } });
  });

  it.each([
    ['no JSON', '{"schema": 1,\n "snapshot": }', /^x.*is no JSON/],
    ['a list', '[]', /^x:1:1: it: /],
    [
      'another schema',
      '{"schema": 2,\n "snapshot": {}}',
      /^x:1:12: schema: this springtide reads recordings of schema 1/,
    ],
    ['no time', '{"schema": 1,\n "snapshot": {"kubernetes": {}}}', /^x:2:14: snapshot\.time: /],
    ['an odd time', '{"time":\n  "yesterday"}', /^x:2:3: time: is no instant/],
    [
      'an empty list told as null',
      '{"time":"2026-11-20T08:00:00Z",\n"kubernetes":{"pods":null}}',
      /^x:2:22: kubernetes\.pods: /,
    ],
    [
      'an object without a name',
      '{"time":"2026-11-20T08:00:00Z",\n"kubernetes":{"pods":[{"metadata":{"name":"a"}},\n{"metadata":{}}]}}',
      /^x:3:13: kubernetes\.pods\.1\.metadata\.name: /,
    ],
    [
      'an answer of an odd kind',
      '{"time":"2026-11-20T08:00:00Z",\n"prometheus":{"queries":{"up":{"status":"maybe"}}}}',
      /^x:2:41: prometheus\.queries\.up\.status: /,
    ],
  ])('that has %s is refused at its line', (_case, text, message) => {
    expect(() => parseRecording(text, 'x')).toThrow(message);
  });

  it('that is not there says so', async () => {
    const attempt = readRecording(path.join(directory, 'absent'));
    await expect(attempt).rejects.toMatchObject({ code: 'RecordingInvalid' });
  });
});
