// Times and spans as an operator reads them at night: a clock's reading in one zone, and how far away it is.
import { instantOf, type Instant } from '../../model/units.ts';
import { SpringtideError } from '../../model/errors.ts';
import { fillText, type Texts } from '../../model/texts.ts';
import { parseDuration } from '../../config/schema/scalars.ts';
import { zoneOf, type Zone } from '../../policies/schedule/zone.ts';

const pad = (count: number): string => String(count).padStart(2, '0');

/** 45s, 3m20s, 2h05m, 3d4h. */
export function spanText(length: number): string {
  const seconds = Math.round(Math.abs(length) / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${pad(seconds % 60)}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${pad(minutes % 60)}m`;
  return hours % 24 === 0 ? `${Math.floor(hours / 24)}d` : `${Math.floor(hours / 24)}d${hours % 24}h`;
}

/** A zone by name; what is none is bad input. */
export function zoneNamed(name: string): Zone {
  try {
    return zoneOf(name);
  } catch (cause) {
    throw new SpringtideError({
      code: 'UsageInvalid',
      where: '--tz',
      what: `"${name}" is no time zone`,
      mend: 'write a name such as Asia/Shanghai or UTC',
      cause,
    });
  }
}

/** `15m` is that long ago; anything else is an instant with its zone. */
export function timeAsked(text: string, now: Instant): Instant {
  const ago = parseDuration(text);
  const zoned = /(?:Z|[+-]\d\d:\d\d)$/i.test(text);
  const at = ago === null ? (zoned ? instantOf(text) : null) : ((now - ago) as Instant);
  if (at !== null && at <= now) return at;
  throw new SpringtideError({
    code: 'UsageInvalid',
    where: '--at',
    what: at === null ? `"${text}" is no time` : `"${text}" has not come yet`,
    mend: 'write 2026-11-21T03:00:00+08:00, or 15m for a quarter of an hour ago',
  });
}

export class Times {
  readonly #zone: Zone;
  readonly #now: Instant;
  readonly #texts: Texts;
  readonly name: string;

  constructor(name: string, now: Instant, texts: Texts) {
    this.name = name;
    this.#zone = zoneNamed(name);
    this.#now = now;
    this.#texts = texts;
  }

  /** With the day always. */
  whole(at: Instant): string {
    return new Date(this.#zone.wallAt(at)).toISOString().slice(0, 19).replace('T', ' ');
  }

  /** The day only where it is another one. */
  short(at: Instant): string {
    const text = this.whole(at);
    return text.slice(0, 10) === this.whole(this.#now).slice(0, 10) ? text.slice(11) : text;
  }

  /** "in 3m20s", "3m20s ago" */
  away(at: Instant): string {
    const distance = at - this.#now;
    const code = distance > 0 ? 'cli.explain.in' : 'cli.explain.ago';
    return fillText(this.#texts, code, { span: spanText(distance) });
  }

  /** "08:05:15 (in 3m20s)" */
  both(at: Instant): string {
    return `${this.short(at)} (${this.away(at)})`;
  }

  span(length: number): string {
    return spanText(length);
  }
}
