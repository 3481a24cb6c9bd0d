// Which arrays the files about alerts have, which function of the product each is about, and how many cases our copy has.
import type { ManifestEntry } from '../manifest.ts';

export const alertmanager: Readonly<Record<string, readonly ManifestEntry[]>> = {};
