// The token that a person has pasted: kept for this tab only, and sent as a header, never in an address or a cookie.
const place = 'token';

export const givenToken = (): string | null => sessionStorage.getItem(place);

export function keepToken(token: string | null): void {
  if (token === null) sessionStorage.removeItem(place);
  else sessionStorage.setItem(place, token);
}

/** The server wants a token, and this was none or not one of its own. */
export class Locked extends Error {}

function shown(): Headers {
  const token = givenToken();
  return new Headers(token === null ? [] : [['authorization', `Bearer ${token}`]]);
}

/** The token is in a header that no other site can make a browser send. */
export function send(url: string, body: object): Promise<Response> {
  const headers = shown();
  headers.set('content-type', 'application/json');
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body), cache: 'no-store', credentials: 'omit' });
}

/** Throws where the answer is not a good one. */
export async function ask(url: string, signal: AbortSignal): Promise<Response> {
  const response = await fetch(url, { signal, headers: shown(), cache: 'no-store', credentials: 'omit' });
  if (response.ok) return response;
  await response.body?.cancel();
  throw response.status === 401 ? new Locked() : new Error(`${url}: ${response.status}`);
}
