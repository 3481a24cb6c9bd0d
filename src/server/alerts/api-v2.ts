// Alertmanager's API v2, as Prometheus sends to it and amtool asks it.
import express, { type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import type { AlertView } from '../../alerts/views.ts';
import { sentInstant } from '../../model/sent-instant.ts';
import type { Silence, SilenceInput } from '../../alerts/silence.ts';
import { MatcherError, printMatcher } from '../../matching/matchers.ts';
import { later, minutes, rfc3339 } from '../../model/units.ts';
import type { Instant } from '../../model/units.ts';
import { inSlices } from '../../slices.ts';
import { alertmanagerText } from './alertmanager-text.ts';
import { noPlace } from './desk.ts';
import type { AlertDesk } from './desk.ts';
import { alertFilter, silenceFilter } from './filters.ts';
import { labelSet } from './label-set.ts';

const postableAlerts = z.array(
  z.object({
    labels: labelSet,
    annotations: labelSet.nullish().transform((set) => set ?? {}),
    startsAt: z.string().nullish().transform(orAbsent),
    endsAt: z.string().nullish().transform(orAbsent),
    generatorURL: z.string().nullish().transform(orAbsent),
  }),
);
const matcher = z.object({
  name: z.string(),
  value: z.string(),
  isRegex: z.boolean(),
  isEqual: z
    .boolean()
    .nullish()
    .transform((given) => given ?? true),
});
const postableSilence = z.object({
  id: z.string().nullish().transform(orAbsent),
  matchers: z.array(matcher).default([]),
  startsAt: z.string(),
  endsAt: z.string(),
  createdBy: z.string(),
  comment: z.string(),
});

function orAbsent(text: string | null | undefined): string | undefined {
  return text ?? undefined;
}

/** Alertmanager answers mistakes with a text as JSON. */
const refuse = (response: Response, status: number, message: string): void => {
  response.status(status).json(message);
};

export function apiV2(desk: AlertDesk): Router {
  const router = express.Router();
  router.get('/status', (_request, response) => response.json(statusOf(desk)));
  router.get('/receivers', (_request, response) => {
    response.json(desk.document().receivers.map(({ name }) => ({ name })));
  });
  router.get('/alerts', (request, response) => filtered(response, () => alertsOf(desk, request)));
  router.post('/alerts', async (request, response) => {
    await takeAlerts(desk, request, response);
  });
  router.get('/alerts/groups', (request, response) => filtered(response, () => groupsOf(desk, request)));
  router.get('/silences', (request, response) => filtered(response, () => silencesOf(desk, request)));
  router.post('/silences', async (request, response) => {
    await takeSilence(desk, request, response);
  });
  router.get('/silence/:id', (request, response) => {
    const silence = desk.silencer.all().find(({ id }) => id === request.params.id);
    if (silence === undefined) response.status(404).end();
    else response.json(gettableSilence(silence, desk));
  });
  router.delete('/silence/:id', async (request, response) => {
    try {
      const outcome = await desk.silencer.expire(request.params.id);
      response.status(outcome === 'unknown' ? 404 : 200).end();
    } catch {
      refuse(response, 503, notDurable);
    }
  });
  return router;
}

const notDurable = 'the ledger cannot be written: send it again';

/** In turns: fifty thousand are a second of work. */
async function filtered(response: Response, answer: () => Iterable<object>): Promise<void> {
  try {
    response.type('application/json').send(await inSlices(written(answer())));
  } catch (error) {
    if (!(error instanceof MatcherError)) throw error;
    refuse(response, 400, `bad matcher format: ${error.message}`);
  }
}

function* written(list: Iterable<object>): Generator<undefined, string> {
  let text = '';
  for (const one of list) {
    text += `${text === '' ? '[' : ','}${JSON.stringify(one)}`;
    yield;
  }
  return text === '' ? '[]' : `${text}]`;
}

async function takeAlerts(desk: AlertDesk, request: Request, response: Response): Promise<void> {
  const parsed = postableAlerts.safeParse(request.body);
  if (!parsed.success) {
    refuse(response, 400, `the body is no list of alerts: ${z.prettifyError(parsed.error)}`);
    return;
  }
  const { problems, durable, leftOut } = await desk.push(parsed.data);
  if (!durable) refuse(response.set('Retry-After', '5'), 503, notDurable);
  // before what is wrong with the others: a 400 is final for its sender
  else if (leftOut > 0) refuse(response.set('Retry-After', '60'), 503, noPlace(leftOut));
  else if (problems.length > 0)
    refuse(response, 400, problems.map(({ index, problem }) => `alert ${index}: ${problem}`).join('; '));
  else response.status(200).end();
}

async function takeSilence(desk: AlertDesk, request: Request, response: Response): Promise<void> {
  const parsed = postableSilence.safeParse(request.body);
  const starts = parsed.success ? sentInstant(parsed.data.startsAt) : null;
  const ends = parsed.success ? sentInstant(parsed.data.endsAt) : null;
  if (!parsed.success || typeof starts !== 'number' || typeof ends !== 'number') {
    const why = parsed.success ? 'startsAt and endsAt are RFC 3339' : z.prettifyError(parsed.error);
    refuse(response, 400, `the body is no silence: ${why}`);
    return;
  }
  const { id, matchers, createdBy, comment } = parsed.data;
  const input: SilenceInput = {
    ...(id !== undefined && id !== '' && { id }),
    matchers: [
      matchers.map(({ name, value, isRegex, isEqual }) => ({
        name,
        value,
        operator: isRegex ? (isEqual ? ('=~' as const) : ('!~' as const)) : isEqual ? ('=' as const) : ('!=' as const),
      })),
    ],
    startsAt: starts,
    endsAt: ends,
    createdBy,
    comment,
  };
  try {
    const outcome = await desk.silencer.set(input);
    if (outcome.ok) response.json({ silenceID: outcome.id });
    else refuse(response, outcome.code === 'UnknownSilence' ? 404 : 400, outcome.message);
  } catch {
    refuse(response.set('Retry-After', '5'), 503, notDurable);
  }
}

function* alertsOf(desk: AlertDesk, request: Request): Generator<object> {
  const { isMeant, isWanted } = alertFilter(request.query);
  for (const view of desk.eachAlert(isMeant)) if (isWanted(view)) yield gettableAlert(view);
}

function* groupsOf(desk: AlertDesk, request: Request): Generator<object> {
  const { isMeant, isWanted } = alertFilter(request.query);
  for (const { labels, receiver, alerts } of desk.eachGroup(isMeant)) {
    const wanted = alerts.filter(isWanted);
    if (wanted.length > 0) yield { labels, receiver: { name: receiver }, alerts: wanted.map(gettableAlert) };
  }
}

function silencesOf(desk: AlertDesk, request: Request): object[] {
  const isWanted = silenceFilter(request.query);
  const found = desk.silencer.all().filter(isWanted).toSorted(inOrderAt(desk.now()));
  return found.map((silence) => gettableSilence(silence, desk));
}

function gettableAlert({ alert, state, receivers, inhibitedBy, silencedBy, mutedBy }: AlertView) {
  const { annotations, labels: set, fingerprint, since, expires, updated, accepted, generatorURL } = alert;
  return {
    annotations,
    endsAt: rfc3339(expires ?? later(updated ?? accepted, minutes(5))),
    fingerprint,
    receivers: receivers.map((name) => ({ name })),
    startsAt: rfc3339(since),
    status: { inhibitedBy, mutedBy, silencedBy, state },
    updatedAt: rfc3339(updated ?? accepted),
    generatorURL: generatorURL ?? '',
    labels: set,
  };
}

const states = ['active', 'pending', 'expired'] as const;
const stateOf = ({ startsAt, endsAt }: Silence, at: Instant): (typeof states)[number] =>
  at < startsAt ? 'pending' : at > endsAt ? 'expired' : 'active';

/** Those that hold, the first to end first; those that will, the first to begin first; those that held, the last to end first. */
const inOrderAt =
  (at: Instant) =>
  (one: Silence, other: Silence): number => {
    const [state, otherState] = [stateOf(one, at), stateOf(other, at)];
    if (state !== otherState) return states.indexOf(state) - states.indexOf(otherState);
    switch (state) {
      case 'active':
        return one.endsAt - other.endsAt;
      case 'pending':
        return one.startsAt - other.startsAt;
      case 'expired':
        return other.endsAt - one.endsAt;
    }
  };

function gettableSilence(silence: Silence, { now }: AlertDesk): object {
  const [first = [], ...more] = silence.matchers;
  return {
    id: silence.id,
    status: { state: stateOf(silence, now()) },
    updatedAt: rfc3339(silence.updatedAt),
    comment: silence.comment,
    createdBy: silence.createdBy,
    endsAt: rfc3339(silence.endsAt),
    matchers: first.map(({ name, operator, value }) => ({
      isEqual: operator.startsWith('='),
      isRegex: operator.endsWith('~'),
      name,
      value,
    })),
    // several sets are or-ed: Alertmanager's own format has no place for them
    ...(more.length > 0 && { matcherSets: silence.matchers.map((set) => set.map(printMatcher)) }),
    startsAt: rfc3339(silence.startsAt),
  };
}

const statusOf = (desk: AlertDesk): unknown => ({
  cluster: { status: 'disabled', peers: [] },
  config: { original: alertmanagerText(desk.document()) },
  uptime: rfc3339(desk.startedAt),
  // a word of ours: who tells people, where alerts are forwarded
  central: desk.status(0).central,
  versionInfo: {
    branch: '',
    buildDate: '',
    buildUser: '',
    goVersion: `node ${process.versions.node}`,
    revision: '',
    version: desk.version,
  },
});
