// The token that a person has pasted: kept for this tab only, and sent as a header, never in an address or a cookie.
const place = 'token';

export const givenToken = (): string | null => sessionStorage.getItem(place);

export function keepToken(token: string | null): void {
  if (token === null) sessionStorage.removeItem(place);
  else sessionStorage.setItem(place, token);
}

/** The server wants a token, and this was none or not one of its own. */
export class Locked extends Error {}

/** Throws where the answer is not a good one. */
export async function ask(url: string, signal: AbortSignal): Promise<Response> {
  const token = givenToken();
  const headers = new Headers(token === null ? [] : [['authorization', `Bearer ${token}`]]);
  const response = await fetch(url, { signal, headers, cache: 'no-store', credentials: 'omit' });
  if (response.ok) return response;
  await response.body?.cancel();
  throw response.status === 401 ? new Locked() : new Error(`${url}: ${response.status}`);
}
