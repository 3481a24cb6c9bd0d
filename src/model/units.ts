// The words of the domain as types that cannot be mixed up, and the few ways to make them.

declare const unit: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [unit]: Name };

/** Milliseconds since the epoch. */
export type Instant = Branded<number, 'Instant'>;
/** A span of time. */
export type Milliseconds = Branded<number, 'Milliseconds'>;
export type Replicas = Branded<number, 'Replicas'>;
export type Millicores = Branded<number, 'Millicores'>;
export type Bytes = Branded<number, 'Bytes'>;
/** Nova's server uuid: what Magnum takes in nodes_to_remove. */
export type ServerId = Branded<string, 'ServerId'>;
/** A PromQL text, as it is sent and as the snapshot's answers are keyed. */
export type QueryText = Branded<string, 'QueryText'>;

export const seconds = (count: number): Milliseconds => (count * 1000) as Milliseconds;
export const minutes = (count: number): Milliseconds => (count * 60_000) as Milliseconds;

export const later = (at: Instant, by: Milliseconds): Instant => (at + by) as Instant;
export const since = (from: Instant, to: Instant): Milliseconds => (to - from) as Milliseconds;

/** RFC 3339 to an instant; null where the text is none. */
export function instantOf(text: string | null | undefined): Instant | null {
  if (text === null || text === undefined) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : (at as Instant);
}

export const rfc3339 = (at: Instant): string => new Date(at).toISOString().replace('.000Z', 'Z');
