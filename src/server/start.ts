// The daemon's HTTP server: the page with its API and events on one listener, figures and probes on both.
import type { Server } from 'node:http';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import { systemClock, type Clock } from '../clock.ts';
import { messageOf } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import type { InboxItem, TickReport } from '../model/report.ts';
import { minutes, seconds } from '../model/units.ts';
import { breathe, inSlices } from '../slices.ts';
import { languages, type Language, type Texts } from '../model/texts.ts';
import type { Identify } from './access.ts';
import { hearingOut } from './body.ts';
import { createGatherer, type Gatherer } from './gather.ts';
import { ownNamesOnly, problem, readOnly, securityHeaders, type Outside } from './guard.ts';
import { acknowledgePath, firingRoutes, type FiringDesk } from './firing.ts';
import type { Health, Probe } from './health.ts';
import { isLoopback, listening, parseListen } from './listen.ts';
import { login } from './login.ts';
import type { Metrics } from './metrics.ts';
import { pageRoutes } from './page.ts';
import { sendPieces } from './pieces.ts';
import { createRateLimit, limited, type Rate } from './rate.ts';
import { createStream, sseEvent, type Stream } from './stream.ts';
import { plainListening, type Listening } from './tls.ts';
import type { About } from './view.ts';

export interface ServerOptions {
  /** `http.listen` of the Daemon document */
  readonly listen: string;
  /** `http.metrics`; null: no second listener */
  readonly metricsListen: string | null;
  /** `http.tls`, for the page; figures and probes stay plain on theirs, where the kubelet asks. Absent: plain everywhere */
  readonly tls?: Listening;
  /** `http.auth`: asked who shows a token, before anything of the cluster is told; null: whoever reaches the port may read */
  readonly identify?: Identify | null;
  /** `http.publicUrl`: where people open the page through a proxy; null or absent: nowhere else than here */
  readonly publicUrl?: () => string | null;
  /** asked anew for every view: a reload may change it */
  readonly about: () => About;
  readonly texts: (language: Language) => Texts;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly log: Logger;
  /** what fires, and who is on it; null: this process does not lead. Absent: the page shows springtide's own alerts only */
  readonly firing?: () => FiringDesk | null;
  /** the demo's own inboxes, the newest last; without it the page shows what was sent */
  readonly inbox?: () => readonly InboxItem[];
  /** real time, for heartbeats */
  readonly clock?: Clock;
  /** where the built page is */
  readonly pageDirectory?: string;
  /** how many may watch at once */
  readonly watchers?: number;
  /** how often one address, and all together, may ask */
  readonly rates?: { readonly each: Rate; readonly all: Rate };
}

export interface RunningServer {
  readonly urls: { readonly page: string; readonly metrics: string | null };
  /** Once a tick. Also tells metrics and health. The rest of it may go on in slices; it never throws. */
  publish(report: TickReport): void;
  /** This process does not lead any more: what it decided is shown to nobody. */
  forget(): void;
  close(): Promise<void>;
}

const answer = (response: Response, { status, body }: Probe): void => {
  response.status(status).set('Cache-Control', 'no-store').json(body);
};

function probeRoutes(app: Express, { health }: ServerOptions): void {
  app.get('/healthz', (_request, response) => answer(response, health.healthz()));
  app.get('/readyz', (_request, response) => answer(response, health.readyz()));
}

function figureRoutes(app: Express, { metrics }: ServerOptions): void {
  app.get('/metrics', async (_request, response) => {
    response.set({ 'Content-Type': metrics.contentType, 'Cache-Control': 'no-store' });
    await sendPieces(response, metrics.pieces());
  });
}

const isLanguage = (text: unknown): text is Language => languages.some((language) => language === text);
/** Whoever watches shows the token again after this time: one that was taken back does not see on. */
const longestWatch = minutes(5);

const outsideOf = ({ publicUrl = () => null }: ServerOptions): Outside => ({
  url: publicUrl,
  setting: 'http.publicUrl of the Daemon document',
});

const oneOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function apiRoutes(app: Express, options: ServerOptions, gatherer: Gatherer, stream: Stream, loopback: boolean): void {
  app.use('/api', (_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  app.get('/api/v1/texts', (request, response) => {
    const language = request.query['lang'] ?? 'en';
    if (!isLanguage(language)) problem(response, 400, 'UnknownLanguage', `lang is one of ${languages.join(', ')}`);
    else response.json(pageTexts(options.texts(language)));
  });
  // The words above are the product's own; what follows is about the cluster.
  const { identify = null, clock = systemClock } = options;
  if (identify !== null) app.use('/api', login(identify));
  const { firing = () => null, texts } = options;
  const outside = outsideOf(options);
  // Through a proxy on this machine others come from loopback, too.
  const isOwnMachine = (): boolean => loopback && identify === null && outside.url() === null;
  firingRoutes(app, { desk: firing, texts, isOwnMachine, outside });
  app.get('/api/v1/view', (_request, response) => {
    response.json(gatherer.view());
  });
  app.get('/api/v1/plan', async (_request, response) => {
    const last = gatherer.last();
    if (last === null) problem(response, 503, 'NoTickYet', 'the first tick has not ended yet: ask again in a moment');
    else await sendPieces(response.type('json'), planPieces(last.plan));
  });
  app.get('/api/v1/history', (request, response) => {
    const target = oneOf(request.query['target']);
    const group = oneOf(request.query['group']);
    response.json(
      gatherer.history.read({ ...(target === undefined ? {} : { target }), ...(group === undefined ? {} : { group }) }),
    );
  });
  app.get('/api/v1/events', (request, response) => {
    if (request.method === 'HEAD') response.set('Content-Type', 'text/event-stream; charset=utf-8').end();
    else if (!stream.add(response, sseEvent('view', gatherer.view()))) {
      response.set('Retry-After', '30');
      problem(response, 503, 'TooManyWatchers', 'as many pages as allowed are open already: close one, or try later');
    } else if (identify !== null) {
      const cancel = clock.after(longestWatch, () => response.end());
      response.once('close', cancel);
    }
  });
  app.use('/api', (_request, response) => problem(response, 404, 'NotFound', 'there is nothing at this address'));
}

const decisionsAPiece = 64;

/** As JSON: of 20,000 targets it is tens of megabytes. */
async function* planPieces({ pods, ...others }: Plan): AsyncGenerator<string, undefined> {
  yield `${JSON.stringify(others).slice(0, -1)},"pods":[`;
  for (let index = 0; index < pods.length; index += decisionsAPiece) {
    await breathe();
    const piece = pods.slice(index, index + decisionsAPiece).map((decision) => JSON.stringify(decision));
    yield `${index === 0 ? '' : ','}${piece.join(',')}`;
  }
  yield ']}';
  return undefined;
}

/** Alerts' texts are the receivers' business: the page needs its own words and the reasons. */
const pageTexts = ({ language, sentences }: Texts): Texts => ({
  language,
  sentences: Object.fromEntries(
    Object.entries(sentences).filter(([code]) => code.startsWith('page.') || code.startsWith('reason.')),
  ),
});

/** A page is some ten requests, and those behind a proxy share an address. */
const usualRates: NonNullable<ServerOptions['rates']> = {
  each: { burst: 300, perSecond: 30 },
  all: { burst: 1_500, perSecond: 300 },
};

function guarded(options: ServerOptions, loopback: boolean, written: readonly string[] = []): Express {
  const { clock = systemClock, rates = usualRates } = options;
  const app = express();
  app.disable('x-powered-by');
  // Nothing is cached, and a hash over the figures of 20,000 targets would hold everybody up.
  app.disable('etag');
  app.use(securityHeaders, readOnly(written));
  if (loopback) app.use(ownNamesOnly(outsideOf(options)));
  // Before the limit: whoever floods the rest must not make the kubelet believe that the process is dead.
  probeRoutes(app, options);
  app.use(limited(createRateLimit({ clock, ...rates })));
  return app;
}

function lastResorts(app: Express, log: Logger): void {
  app.use((_request, response) => problem(response, 404, 'NotFound', 'there is nothing at this address'));
  app.use((thrown: unknown, request: Request, response: Response, next: NextFunction) => {
    const status = (thrown as { status?: unknown }).status;
    if (typeof status === 'number' && status >= 400 && status < 500) {
      problem(response, status, 'BadRequest', 'the address cannot be read');
      return;
    }
    log.error({ err: thrown, path: request.path }, `answering failed: ${messageOf(thrown)}`);
    if (response.headersSent) next(thrown);
    else problem(response, 500, 'Internal', 'this is our fault; the log says more');
  });
}

const mostConnections = 512;

function bounded(app: Express, tls: Listening): Server {
  const server = tls.serve(
    { requestTimeout: 10_000, headersTimeout: 10_000, keepAliveTimeout: 5_000, connectionsCheckingInterval: 2_000 },
    hearingOut(app),
  );
  server.maxHeadersCount = 100;
  server.maxConnections = mostConnections;
  return server;
}

/** Answers under way may end; what has not ended within a second is cut off. */
const closed = (server: Server, clock: Clock): Promise<void> =>
  new Promise((resolve) => {
    const cancel = clock.after(seconds(1), () => server.closeAllConnections());
    server.close(() => {
      cancel();
      resolve();
    });
    server.closeIdleConnections();
  });

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { health, metrics, log, clock = systemClock } = options;
  const listen = parseListen(options.listen, 'http.listen');
  const gatherer = createGatherer(options.about, options.inbox);
  const stream = createStream({
    clock,
    onSize: (size) => metrics.recordWatchers(size),
    ...(options.watchers === undefined ? {} : { most: options.watchers }),
  });

  const app = guarded(options, isLoopback(listen), [acknowledgePath]);
  const { identify = null } = options;
  if (identify !== null) app.use('/metrics', login(identify));
  figureRoutes(app, options);
  apiRoutes(app, options, gatherer, stream, isLoopback(listen));
  pageRoutes(app, options.pageDirectory);
  lastResorts(app, log);
  const pageServer = bounded(app, options.tls ?? plainListening);
  const page = await listening(pageServer, listen, 'http.listen');

  let metricsServer: Server | null = null;
  let metricsUrl: string | null = null;
  if (options.metricsListen !== null) {
    try {
      const place = parseListen(options.metricsListen, 'http.metrics');
      const figures = guarded(options, isLoopback(place));
      figureRoutes(figures, options);
      lastResorts(figures, log);
      metricsServer = bounded(figures, plainListening);
      metricsUrl = await listening(metricsServer, place, 'http.metrics');
    } catch (error) {
      await closed(pageServer, clock);
      throw error;
    }
  }
  log.info({ page, metrics: metricsUrl }, 'listening');

  function* taking(report: TickReport): Generator<undefined, undefined> {
    yield* metrics.recording(report);
    for (const notification of report.notifications ?? []) metrics.recordNotification(notification);
    const update = yield* gatherer.recording(report);
    if (stream.size === 0) return undefined;
    yield;
    stream.send(sseEvent('tick', update));
    return undefined;
  }
  const take = (report: TickReport): Promise<void> =>
    inSlices(taking(report)).catch((thrown: unknown) =>
      log.error({ err: thrown }, `showing a tick failed: ${messageOf(thrown)}`),
    );
  /** One tick after the other: the newest must not be overtaken by the one before it. */
  let publishing: Promise<void> | null = null;

  return {
    urls: { page, metrics: metricsUrl },
    publish: (report) => {
      health.ticked(report);
      const own = publishing === null ? take(report) : publishing.then(() => take(report));
      publishing = own;
      void own.then(() => {
        if (publishing === own) publishing = null;
      });
    },
    forget: () => {
      // After what is just being shown, or that would come back.
      void (publishing ?? Promise.resolve()).then(() => {
        gatherer.forget();
        metrics.forget();
      });
    },
    close: async () => {
      await publishing;
      stream.close();
      await Promise.all([closed(pageServer, clock), ...(metricsServer === null ? [] : [closed(metricsServer, clock)])]);
    },
  };
}
