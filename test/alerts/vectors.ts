// Reads the facts in test/alerts/vectors.
import { readFileSync } from 'node:fs';

export const readVectors = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`./vectors/${name}.json`, import.meta.url), 'utf8'));
