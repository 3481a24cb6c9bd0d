// What is in force, kept over restarts: the texts of the documents, so that a broken one finds its last good version again.
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { messageOf } from '../model/errors.ts';
import { settleConflicts, type Entry } from './conflicts.ts';
import { isTemplate, readEntries, type ReadOptions } from './entries.ts';
import type { ConfigFile } from './files.ts';

/** Where it is kept: beside the memory, in a directory or in a cluster. */
export interface LastGoodStore {
  /** for people */
  readonly place: string;
  /** null: there is none */
  load(): Promise<string | null>;
  /** Resolves when a power cut can no longer undo it. */
  save(packed: string): Promise<void>;
  /** the version that a person has agreed to lose many policies with; null: none */
  confirmed(): Promise<string | null>;
  confirm(hash: string, by: string): Promise<void>;
}

/** Characters, packed. Etcd is the customer's: what is larger is not kept, and that is said. */
export const largestLastGood = 1024 * 1024;
/** Unpacked: texts pack to a tenth, and no more than that is believed. */
const largestText = 64 * 1024 * 1024;

const configMapShape = z.strictObject({
  namespace: z.string(),
  name: z.string(),
  uid: z.string().nullable(),
  key: z.string(),
  isOwn: z.boolean(),
});
const shape = z.strictObject({
  schema: z.literal(1),
  /** whose it is: another directory's or another cluster's is not taken */
  origin: z.string(),
  files: z.array(
    z.strictObject({
      path: z.string(),
      text: z.string(),
      configMap: configMapShape.optional(),
      /** the documents of the file that are in force; of templates none */
      keys: z.array(z.string()),
    }),
  ),
});
type LastGood = z.infer<typeof shape>;

const compress = promisify(gzip);
const expand = promisify(gunzip);
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The same text for the same documents, so that nothing is written where nothing has changed. */
export function lastGoodText(inForce: readonly Entry[], files: readonly ConfigFile[], origin: string): string {
  const byFile = new Map<string, LastGood['files'][number]>();
  for (const { key, source } of inForce) {
    if (key === null) continue;
    const { file: path, text, configMap } = source;
    const id = JSON.stringify([path, text]);
    const one: LastGood['files'][number] = byFile.get(id) ?? { path, text, ...(configMap && { configMap }), keys: [] };
    one.keys.push(key);
    byFile.set(id, one);
  }
  const templates = files
    .filter(isTemplate)
    .map(({ path, bytes }) => ({ path, text: new TextDecoder().decode(bytes), keys: [] }));
  return JSON.stringify({ schema: 1, origin, files: [...byFile.values(), ...templates] } satisfies LastGood);
}

/** The digest goes first, then the text: a torn or edited one is known. */
export const packLastGood = async (text: string): Promise<string> =>
  (await compress(`${digestOf(text)}\n${text}`)).toString('base64');

export interface Restored {
  readonly entries: readonly Entry[];
  /** why there are none although something is kept; null: nothing is wrong */
  readonly damage: string | null;
}

const nothing: Restored = { entries: [], damage: null };

export async function restoreLastGood(packed: string, origin: string, options: ReadOptions): Promise<Restored> {
  try {
    const unpacked = (await expand(Buffer.from(packed, 'base64'), { maxOutputLength: largestText })).toString('utf8');
    const end = unpacked.indexOf('\n');
    const text = unpacked.slice(end + 1);
    if (digestOf(text) !== unpacked.slice(0, end)) throw new Error('its digest does not fit');
    const kept = shape.parse(JSON.parse(text));
    return kept.origin === origin ? { ...nothing, entries: entriesOf(kept, options) } : nothing;
  } catch (error) {
    return { ...nothing, damage: messageOf(error) };
  }
}

function entriesOf({ files }: LastGood, options: ReadOptions): readonly Entry[] {
  const encoder = new TextEncoder();
  const asFile = ({ path, text, configMap }: LastGood['files'][number]): ConfigFile => ({
    path,
    bytes: encoder.encode(text),
    ...(configMap && { configMap }),
  });
  const templates = files.filter(({ keys }) => keys.length === 0).map(asFile);
  const wanted = files.flatMap((file) => {
    const { entries } = readEntries([asFile(file), ...templates], options);
    return entries.filter(({ key, accepted }) => accepted !== null && key !== null && file.keys.includes(key));
  });
  const settled = settleConflicts(wanted, new Set(wanted.flatMap(({ key }) => key ?? [])));
  return settled.entries.filter(({ accepted }) => accepted !== null);
}
