// What every stage stands on: whether a test has failed, the namespace, and an exporter with the Prometheus that scrapes it.
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Kubernetes } from '../servers/kubernetes.ts';
import { startPrometheus, type Prometheus, type PrometheusOptions } from '../servers/prometheus.ts';
import { useServer } from '../servers/suite.ts';
import { startExporter, type Exporter } from './exporter.ts';
import { create, shop } from './workloads.ts';

export const there = <T>(one: T | undefined): T => {
  if (one === undefined) throw new Error('it is there only while the tests run');
  return one;
};

/** Call at the top of a file or a describe, as all of these. */
export function useFailure(): () => boolean {
  let failed = false;
  afterEach((context) => {
    if (context.task.result?.state === 'fail') failed = true;
  });
  return () => failed;
}

export interface Scraped {
  readonly exporter: () => Exporter;
  readonly prometheus: () => Prometheus;
  /** For another Prometheus of the same target. */
  readonly scraping: () => PrometheusOptions;
}

export function useScraped(): Scraped {
  let exporter: Exporter | undefined;
  beforeAll(async () => {
    exporter = await startExporter();
  });
  afterAll(() => exporter?.stop());
  const scraping = (): PrometheusOptions => ({
    scrapeConfigs: [{ job_name: 'load', static_configs: [{ targets: [there(exporter).address] }] }],
  });
  const prometheus = useServer(() => startPrometheus(scraping()));
  return { exporter: () => there(exporter), prometheus, scraping };
}

export const createNamespace = (kubernetes: Kubernetes): Promise<void> =>
  create(kubernetes, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: shop } });
