// How far the clocks of others are from ours, by the date that every HTTP answer carries.
import { createHttpClient } from '../clients/http/client.ts';
import type { TlsSettings } from '../clients/http/tls.ts';
import type { HttpResponse } from '../clients/http/types.ts';
import { seconds } from '../model/units.ts';

export interface Skew {
  readonly what: string;
  /** positive: theirs is ahead; null: it does not say */
  readonly seconds: number | null;
}

/** A date is whole seconds, and the answer takes its time: what lies within that is no skew. */
export async function skewOf(what: string, ask: () => Promise<HttpResponse>): Promise<Skew> {
  const began = Date.now();
  try {
    const { headers } = await ask();
    const ended = Date.now();
    const theirs = Date.parse(headers['date'] ?? '');
    if (Number.isNaN(theirs)) return { what, seconds: null };
    const [earliest, latest] = [theirs - ended, theirs + 1000 - began];
    const skew = earliest > 0 ? earliest : latest < 0 ? latest : 0;
    return { what, seconds: Math.round(skew / 1000) };
  } catch {
    return { what, seconds: null };
  }
}

/** Any answer will do, a refusal too. */
export async function dateOf(url: string, tls: TlsSettings | undefined): Promise<HttpResponse> {
  const client = createHttpClient({
    name: 'the clock',
    deadline: seconds(5),
    breaker: false,
    ...(tls !== undefined && { tls }),
  });
  try {
    return await client.request({ url, accept: 'any', operation: 'date' });
  } finally {
    client.close();
  }
}
