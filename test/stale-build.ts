// For tests that call springtide as a process: what they call is what was built last, and may be another program than the sources.
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

function newestIn(place: string): number {
  const facts = statSync(place);
  if (!facts.isDirectory()) return facts.mtimeMs;
  return readdirSync(place).reduce((newest, name) => Math.max(newest, newestIn(path.join(place, name))), 0);
}

function staleBuild(): string | null {
  const stamp = path.join(root, 'dist', '.daemon-built');
  if (!existsSync(stamp)) return 'there is no dist';
  return statSync(stamp).mtimeMs > newestIn(path.join(root, 'src')) ? null : 'dist is older than src';
}

/** Only said: whoever writes while tests run cannot always have built. */
export function sayWhereStale(): void {
  const stale = staleBuild();
  if (stale !== null)
    process.stderr.write(`${stale}: these tests call another springtide than that of the sources; npm run build\n`);
}
