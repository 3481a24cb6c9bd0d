// A Kubernetes Event (events.k8s.io/v1): what kubectl describe shows under the target or the node.
import { createHash } from 'node:crypto';
import type { Instant } from '../../model/units.ts';

export interface EventRequest {
  readonly regarding: {
    readonly apiVersion?: string | undefined;
    readonly kind: string;
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly uid?: string | undefined;
  };
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string;
  readonly note: string;
  /** What is said by it: an Event of the same key and object is there only once, whoever writes it and how often. */
  readonly key?: string | undefined;
}

interface Making {
  readonly now: Instant;
  readonly count: number;
  readonly instance: string;
}

/** bytes, and a Chinese character is three */
const longestNote = 1024;
const longestReason = 128;

/** Where Events of objects without a namespace go: API servers before 1.21 take them nowhere else. */
const namespaceOfNone = 'kube-system';

export function eventOf(event: EventRequest, { now, count, instance }: Making) {
  const { regarding } = event;
  const unique =
    event.key === undefined
      ? `${now.toString(16)}${count.toString(16).padStart(4, '0')}`
      : createHash('sha256').update(event.key).digest('hex').slice(0, 16);
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${regarding.name.slice(0, 220)}.${unique}`, namespace: regarding.namespace ?? namespaceOfNone },
    eventTime: new Date(now).toISOString().replace('Z', '000Z'),
    reportingController: 'springtide.io/springtide',
    reportingInstance: instance.slice(0, longestReason),
    action: event.action.slice(0, longestReason),
    reason: event.reason.slice(0, longestReason),
    note: clipped(event.note),
    type: event.type,
    regarding,
  };
}

function clipped(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= longestNote) return note;
  // Decoding drops the half character at the cut.
  return `${new TextDecoder().decode(bytes.subarray(0, longestNote - 6)).replace(/\uFFFD+$/, '')}…`;
}
