// Finds the files that `templates` of alerts.yaml names: patterns relative to the configuration directory.
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parseDocument } from 'yaml';
import { compareText } from './problem.ts';
import { valueAt } from './shape.ts';

export interface FoundTemplate {
  /** relative to the directory, with forward slashes; absolute where the pattern is */
  readonly path: string;
  readonly bytes: Uint8Array;
}

const maximumTemplates = 100;
const maximumSize = 1024 * 1024;

/** What is wrong with the file is said when it is judged; here only its patterns matter. */
export function templatePatterns(alerts: Uint8Array): string[] {
  const text = new TextDecoder().decode(alerts);
  if (!/^\s*["']?templates["']?\s*:/m.test(text) && !text.trimStart().startsWith('{')) return [];
  try {
    const found = valueAt(parseDocument(text).toJS({ maxAliasCount: 100 }), ['templates']);
    return Array.isArray(found) ? found.filter((one): one is string => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

/** Unreadable and too large ones are left out: their pattern is then said to match nothing. */
export async function findTemplates(directory: string, patterns: readonly string[]): Promise<FoundTemplate[]> {
  const found = new Map<string, FoundTemplate>();
  for (const pattern of patterns)
    for (const name of await matching(directory, pattern)) {
      if (found.has(name) || found.size >= maximumTemplates) continue;
      const place = path.resolve(directory, name);
      const about = await stat(place).catch(() => null);
      if (about?.isFile() !== true || about.size > maximumSize) continue;
      const bytes = await readFile(place).catch(() => null);
      if (bytes !== null) found.set(name, { path: name, bytes });
    }
  return [...found.values()];
}

async function matching(directory: string, pattern: string): Promise<string[]> {
  const parts = pattern.split('/').filter((part) => part !== '' && part !== '.');
  let places = [pattern.startsWith('/') ? '/' : ''];
  for (const part of parts) {
    const next: string[] = [];
    for (const place of places) {
      const names = /[*?[]/.test(part)
        ? (await readdir(path.resolve(directory, place)).catch(() => [])).filter((name) => matches(part, name))
        : [part];
      next.push(...names.sort(compareText).map((name) => (place === '' || place === '/' ? place : `${place}/`) + name));
    }
    places = next.slice(0, maximumTemplates * 10);
  }
  return places;
}

/** Whether a path is one that the pattern means. */
export function isMeant(pattern: string, file: string): boolean {
  const [parts, names] = [pattern, file].map((one) => one.split('/').filter((part) => part !== '' && part !== '.'));
  return parts?.length === names?.length && (parts ?? []).every((part, index) => matches(part, names?.[index] ?? ''));
}

/** `*`, `?` and `[a-z]`, as the shell means them; kubelet's hidden folders are not meant by a star. */
function matches(pattern: string, name: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false;
  return matchesFrom(Array.from(pattern), Array.from(name));
}

function matchesFrom(pattern: readonly string[], name: readonly string[]): boolean {
  // the place to go back to, where a star takes one character more
  let [at, to, star, taken] = [0, 0, -1, 0];
  while (to < name.length) {
    const set = pattern[at] === '[' ? pattern.indexOf(']', at + 1) : -1;
    if (pattern[at] === '*') [star, taken, at] = [at, to, at + 1];
    else if (set > 0 && inSet(pattern.slice(at + 1, set), name[to] ?? '')) [at, to] = [set + 1, to + 1];
    else if (set <= 0 && (pattern[at] === '?' || pattern[at] === name[to])) [at, to] = [at + 1, to + 1];
    else if (star >= 0) [taken, to, at] = [taken + 1, taken + 1, star + 1];
    else return false;
  }
  return pattern.slice(at).every((one) => one === '*');
}

function inSet(set: readonly string[], character: string): boolean {
  const isNot = set[0] === '^';
  const members = isNot ? set.slice(1) : set;
  const found = members.some(
    (one, index) =>
      one === character ||
      (one === '-' && (members[index - 1] ?? '\uffff') <= character && character <= (members[index + 1] ?? '')),
  );
  return found !== isNot;
}
