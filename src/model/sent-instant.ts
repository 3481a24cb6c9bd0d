// Instants as others send them in: RFC 3339, and without a zone that of Greenwich, as Alertmanager reads them.
import { instantOf } from './units.ts';
import type { Instant } from './units.ts';

/** The year 1 in Go's spelling: nothing was said. */
const zero = Date.parse('0001-01-01T00:00:00Z');
const shape = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?$/;

/** Null: nothing was said. */
export function sentInstant(text: string | undefined): Instant | 'unreadable' | null {
  if (text === undefined || text === '') return null;
  const [, day, time, zone = 'Z'] = shape.exec(text) ?? [];
  const at = day === undefined || time === undefined ? null : instantOf(`${day}T${time}${zone}`);
  if (at === null) return 'unreadable';
  return at <= zero ? null : at;
}
