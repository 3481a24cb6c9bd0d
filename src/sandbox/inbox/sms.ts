// A phone network behind a generic HTTP gateway, as banks and carriers run them: one POST a text, a code in the answer.
import type { Cancel, Clock } from '../../clock.ts';
import type { Instant } from '../../model/units.ts';
import { field, startJsonServer, textField } from '../openstack/http.ts';
import type { JsonAnswer, JsonRequest } from '../openstack/http.ts';

export interface ReceivedSms {
  readonly at: Instant;
  readonly id: string;
  readonly to: string;
  readonly text: string;
  /** Everything that was sent. */
  readonly body: unknown;
}

export type SmsFault = {
  readonly kind: 'http500' | 'http429' | 'businessError' | 'hang';
  readonly times?: number;
  /** Of a businessError. */
  readonly code?: string;
  readonly retryAfterSeconds?: number;
};

export interface SmsInbox {
  /** Where texts are posted to. */
  readonly url: string;
  /** Bearer key that the gateway asks for. */
  readonly key: string;
  readonly messages: readonly ReceivedSms[];
  inject(fault: SmsFault): Cancel;
  clear(): void;
  stop(): Promise<void>;
}

export async function startSmsInbox(options: {
  readonly clock: Clock;
  readonly port?: number;
  readonly key?: string;
  readonly keep?: number;
  readonly onSms?: (sms: ReceivedSms) => void;
}): Promise<SmsInbox> {
  const key = options.key ?? 'sms-gateway-key';
  const keep = options.keep ?? 500;
  const messages: ReceivedSms[] = [];
  let faults: { readonly fault: SmsFault; left: number }[] = [];
  let count = 0;

  function accept(request: JsonRequest): JsonAnswer {
    if (request.method !== 'POST') return { status: 405, json: { code: '405', message: 'POST a text' } };
    if (request.headers.authorization !== `Bearer ${key}`)
      return { status: 401, json: { code: '401', message: 'key unknown' } };
    const given = field(request.body, 'to');
    const to = Array.isArray(given) ? given.map(String) : [textField(request.body, 'to') ?? ''];
    const text = textField(request.body, 'text');
    if (text === undefined || text === '' || to.includes(''))
      return { status: 400, json: { code: '400', message: 'to and text are required' } };
    const id = `sms-${++count}`;
    for (const number of to) {
      const sms = { at: options.clock.now(), id, to: number, text, body: request.body };
      messages.push(sms);
      if (messages.length > keep) messages.shift();
      options.onSms?.(sms);
    }
    return { status: 200, json: { code: '0', id } };
  }

  const server = await startJsonServer((request) => {
    const entry = faults.find(({ left }) => left > 0);
    if (entry === undefined) return accept(request);
    entry.left--;
    switch (entry.fault.kind) {
      case 'http500':
        return { status: 500, json: { code: '500', message: 'internal error' } };
      case 'http429':
        return {
          status: 429,
          headers: { 'retry-after': String(entry.fault.retryAfterSeconds ?? 1) },
          json: { code: '429' },
        };
      case 'businessError':
        return { status: 200, json: { code: entry.fault.code ?? '160', message: 'limit of this number reached' } };
      case 'hang':
        return 'hang';
    }
  }, options.port);

  return {
    url: `${server.url}/sms/send`,
    key,
    messages,
    inject: (fault) => {
      const entry = { fault, left: fault.times ?? Infinity };
      faults.push(entry);
      return () => (faults = faults.filter((other) => other !== entry));
    },
    clear: () => {
      faults = [];
      messages.length = 0;
    },
    stop: () => server.close(),
  };
}
