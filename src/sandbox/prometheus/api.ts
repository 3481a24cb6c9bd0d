// Prometheus's HTTP API as functions: parameters in, the `data` of the answer out.
import type { Instant } from '../../model/units.ts';
import type { EvaluationLimits } from './evaluate.ts';
import { byCharacters } from './labels.ts';
import { durationParameter, instantParameter, selectorParameters } from './parameters.ts';
import { queryInstant, queryRange } from './query.ts';
import type { QueryResult } from './format.ts';
import type { Target } from './scrape.ts';
import type { Series } from './series.ts';
import type { SeriesStore } from './store.ts';
import { QueryError } from './values.ts';

export interface ApiWorld {
  readonly store: SeriesStore;
  readonly limits: EvaluationLimits;
  readonly targets: () => readonly Target[];
  readonly now: () => Instant;
}

export type ApiAnswer =
  | { readonly kind: 'query'; readonly data: QueryResult }
  | { readonly kind: 'other'; readonly data: unknown }
  | { readonly kind: 'notFound' };

const earliest = -9e15 as Instant;
const latest = 9e15 as Instant;

/** Throws a QueryError for what the API answers with an error. */
export function answerApi(world: ApiWorld, path: string, parameters: URLSearchParams): ApiAnswer {
  const other = (data: unknown): ApiAnswer => ({ kind: 'other', data });
  const values = /^\/api\/v1\/label\/([^/]+)\/values$/.exec(path)?.[1];
  if (values !== undefined) return other(labelValues(world, decodeURIComponent(values), parameters));
  switch (path) {
    case '/api/v1/query': {
      const at = instantParameter(parameters, 'time', world.now());
      return { kind: 'query', data: queryInstant(world.store, parameters.get('query') ?? '', at, world.limits) };
    }
    case '/api/v1/query_range': {
      const range = {
        start: instantParameter(parameters, 'start', null),
        end: instantParameter(parameters, 'end', null),
        step: durationParameter(parameters, 'step'),
      };
      return { kind: 'query', data: queryRange(world.store, parameters.get('query') ?? '', range, world.limits) };
    }
    case '/api/v1/series':
      if (!parameters.has('match[]')) throw new QueryError('bad_data', 'no match[] parameter provided');
      return other(selected(world, parameters).map((series) => series.labels.toRecord()));
    case '/api/v1/labels':
      return other(sorted(selected(world, parameters).flatMap((series) => series.labels.names)));
    case '/api/v1/status/buildinfo':
      return other(buildInformation);
    case '/api/v1/targets':
      return other({ activeTargets: world.targets().map(targetJson), droppedTargets: [], droppedTargetCounts: {} });
    default:
      return { kind: 'notFound' };
  }
}

const buildInformation = {
  version: '3.5.0',
  revision: 'embedded',
  branch: 'embedded',
  buildUser: 'springtide',
  buildDate: '',
  goVersion: '',
};

/** All series that any of the selectors names and that have samples between start and end. */
function selected(world: ApiWorld, parameters: URLSearchParams): Series[] {
  const start = instantParameter(parameters, 'start', earliest);
  const end = instantParameter(parameters, 'end', latest);
  const selectors = selectorParameters(parameters);
  const candidates = selectors.length === 0 ? world.store.all() : selectors.flatMap((one) => world.store.select(one));
  return [...new Set(candidates)].filter((series) => series.touches(start, end));
}

function labelValues(world: ApiWorld, label: string, parameters: URLSearchParams): string[] {
  return sorted(selected(world, parameters).map((series) => series.labels.get(label))).filter((value) => value !== '');
}

const sorted = (texts: readonly string[]): string[] => [...new Set(texts)].sort(byCharacters);

function targetJson(target: Target): unknown {
  return {
    discoveredLabels: target.labels,
    labels: target.labels,
    scrapePool: target.labels['job'] ?? '',
    scrapeUrl: `http://${target.labels['instance'] ?? ''}/metrics`,
    lastError: target.lastError,
    lastScrape: target.lastScrape === null ? '0001-01-01T00:00:00Z' : new Date(target.lastScrape).toISOString(),
    health: target.health,
  };
}
