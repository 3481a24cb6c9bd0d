// The API server as a process sees it that is told to stop: it is waited for as long as it says anything at all.
import type { Cancel, Clock } from '../../clock.ts';
import { later, seconds, since, type Milliseconds } from '../../model/units.ts';
import { ClientError } from '../http/error.ts';
import type { HttpRequest, HttpResponse } from '../http/types.ts';
import type { KubernetesTransport } from './transport.ts';

/** For all that a stop still asks: a leader of etcd is elected anew in less. */
const patience = seconds(5);

/**
 * What a stop still writes goes one after the other, and each has a deadline of its own: against a server that is silent they
 * add up. Once it has said nothing for the whole patience, whatever waits for it fails, and what comes later fails at once.
 * `stopping` is aborted where this process ends.
 */
export function farewellTransport(
  transport: KubernetesTransport,
  stopping: AbortSignal,
  clock: Clock,
): KubernetesTransport {
  const waiting = new Set<AbortController>();
  let heard = clock.now();
  let idleSince = clock.now();
  let isSilent = false;
  let cancel: Cancel = () => undefined;

  const look = (): void => {
    cancel();
    if (!stopping.aborted || waiting.size === 0) return;
    const left = patience - since(heard, clock.now());
    if (left > 0) {
      cancel = clock.after(left as Milliseconds, look);
      return;
    }
    isSilent = true;
    for (const one of waiting) one.abort();
  };
  const begin = (): void => {
    heard = clock.now();
    look();
  };
  if (stopping.aborted) begin();
  else stopping.addEventListener('abort', begin, { once: true });

  async function request(wanted: HttpRequest): Promise<HttpResponse> {
    if (isSilent) throw givenUp();
    const own = new AbortController();
    const abort = (): void => own.abort();
    wanted.signal?.addEventListener('abort', abort, { once: true });
    if (wanted.signal?.aborted === true) abort();
    // Nothing was asked meanwhile: that is no silence.
    if (waiting.size === 0) heard = later(heard, since(idleSince, clock.now()));
    waiting.add(own);
    look();
    try {
      const answer = await transport.request({ ...wanted, signal: own.signal });
      heard = clock.now();
      return answer;
    } catch (error) {
      if (isSilent && wanted.signal?.aborted !== true) throw givenUp();
      if (error instanceof ClientError && error.status !== null) heard = clock.now();
      throw error;
    } finally {
      wanted.signal?.removeEventListener('abort', abort);
      waiting.delete(own);
      if (waiting.size === 0) {
        idleSince = clock.now();
        cancel();
      }
    }
  }

  return { ...transport, request };
}

const givenUp = (): ClientError =>
  new ClientError({
    code: 'Timeout',
    source: 'Kubernetes',
    message: `Kubernetes: the API server has said nothing for ${patience / 1000} s of this stop, and is not waited for any longer.`,
  });
