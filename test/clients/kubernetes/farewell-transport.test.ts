// A stop and an API server that says nothing: it is waited for once, however much is still to be written; one that answers is not hurried.
import { expect, it } from 'vitest';
import { farewellTransport } from '../../../src/clients/kubernetes/farewell-transport.ts';
import type { KubernetesTransport } from '../../../src/clients/kubernetes/transport.ts';
import { ClientError } from '../../../src/clients/http/error.ts';
import type { HttpResponse } from '../../../src/clients/http/types.ts';
import { seconds, type Instant, type Milliseconds } from '../../../src/model/units.ts';
import { VirtualClock } from '../../../src/sandbox/clock.ts';

const good: HttpResponse = { status: 200, headers: {}, body: '{}', json: () => ({}) };
const refused = new ClientError({
  code: 'ServerFault',
  source: 'K',
  message: 'refused',
  response: { status: 503, headers: {}, body: '' },
});
const ended = (code: 'Aborted' | 'Timeout'): ClientError => new ClientError({ code, source: 'K', message: code });

/** A server that answers after a while, or after its caller's own deadline not at all. */
function aServer({ after, deadline = seconds(4) }: { after: Milliseconds | null; deadline?: Milliseconds }) {
  const clock = new VirtualClock(0 as Instant);
  const stopping = new AbortController();
  const server = { after, refuses: false };
  const transport: KubernetesTransport = {
    request: ({ signal }) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) reject(ended('Aborted'));
        signal?.addEventListener('abort', () => reject(ended('Aborted')), { once: true });
        clock.after(deadline, () => reject(ended('Timeout')));
        if (server.after !== null) clock.after(server.after, () => (server.refuses ? reject(refused) : resolve(good)));
      }),
    open: () => Promise.reject(new Error('nobody watches here')),
    close: () => undefined,
  };
  const seen = farewellTransport(transport, stopping.signal, clock);
  const log: string[] = [];
  const note = (what: string): void => void log.push(`${clock.now() / 1000} s ${what}`);
  const ask = (signal?: AbortSignal): Promise<void> =>
    seen.request({ path: '/x', ...(signal && { signal }) }).then(
      () => note('answered'),
      (error: unknown) => note(error instanceof Error ? error.message.replace(/.*(said nothing).*/, '$1') : '?'),
    );
  const pass = async (span: Milliseconds): Promise<void> => {
    for (let left = span / 500; left > 0; left -= 1) {
      clock.advance(500 as Milliseconds);
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    }
  };
  return { server, stopping, ask, pass, log };
}

it('is waited for five seconds in all, by what is under way and by what comes one after the other', async () => {
  const { stopping, ask, pass, log } = aServer({ after: null });
  void ask();
  await pass(seconds(1));
  stopping.abort();
  void ask()
    .then(() => ask())
    .then(() => ask());
  await pass(seconds(8));
  expect(log).toEqual(['4 s Timeout', '5 s Timeout', '6 s said nothing', '6 s said nothing']);
});

it('is given its own deadlines as long as it answers anything, a refusal too', async () => {
  const { server, stopping, ask, pass, log } = aServer({ after: seconds(3) });
  stopping.abort();
  void ask()
    .then(() => ask())
    .then(() => {
      server.refuses = true;
      return ask();
    })
    .then(() => ask());
  await pass(seconds(13));
  expect(log).toEqual(['3 s answered', '6 s answered', '9 s refused', '12 s refused']);
});

it('is not silent while nothing is asked', async () => {
  const { server, stopping, ask, pass, log } = aServer({ after: seconds(1) });
  stopping.abort();
  void ask();
  await pass(seconds(20));
  void ask();
  await pass(seconds(1));
  server.after = null;
  void ask();
  await pass(seconds(1));
  server.after = seconds(2);
  void ask();
  await pass(seconds(3));
  expect(log).toEqual(['1 s answered', '21 s answered', '24 s answered', '25 s Timeout']);
});

it('is none of this before the stop, and whoever gives up by himself is told so', async () => {
  const { ask, pass, log } = aServer({ after: null, deadline: seconds(60) });
  const giving = new AbortController();
  void ask();
  void ask(giving.signal);
  await pass(seconds(30));
  giving.abort();
  await pass(seconds(31));
  void ask(giving.signal);
  await pass(seconds(1));
  expect(log).toEqual(['30.5 s Aborted', '60 s Timeout', '61.5 s Aborted']);
});
