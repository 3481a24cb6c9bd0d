// The figures: what a scrape reads after some ticks.
import { describe, expect, it } from 'vitest';
import type { RuleHealth } from '../../src/alerts/rules/rule-run.ts';
import type { PodDecision } from '../../src/model/plan.ts';
import { createMetrics, type Metrics } from '../../src/server/metrics.ts';
import { aNodeDecision, aPlan, aPodDecision, aReport, scaled } from './samples.ts';

const aRegistry = () => createMetrics({ cluster: 'pay-sh-07', version: '1.2.3', processFigures: false });

async function textOf(metrics: Metrics): Promise<string> {
  let text = '';
  for await (const piece of metrics.pieces()) text += piece;
  return text;
}

/** The samples only, without help, buckets and sums. */
const samples = (text: string): string[] =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#') && !/_(bucket|sum)\{/.test(line));

describe('a tick', () => {
  it('reads like this', async () => {
    const metrics = aRegistry();
    metrics.recordTick(aReport());
    expect(samples(await textOf(metrics)).join('\n')).toMatchInlineSnapshot(`
      "springtide_build_info{version="1.2.3",cluster="pay-sh-07"} 1
      springtide_ticks_total{cluster="pay-sh-07"} 1
      springtide_tick_duration_seconds_count{cluster="pay-sh-07"} 1
      springtide_stage_duration_seconds_count{cluster="pay-sh-07",stage="collect"} 1
      springtide_stage_duration_seconds_count{cluster="pay-sh-07",stage="decide"} 1
      springtide_stage_duration_seconds_count{cluster="pay-sh-07",stage="act"} 1
      springtide_stage_duration_seconds_count{cluster="pay-sh-07",stage="tell"} 1
      springtide_tick_lateness_seconds_count{cluster="pay-sh-07"} 1
      springtide_last_success_timestamp_seconds{stage="collect",cluster="pay-sh-07"} 1795161600
      springtide_last_success_timestamp_seconds{stage="decide",cluster="pay-sh-07"} 1795161600
      springtide_last_success_timestamp_seconds{stage="act",cluster="pay-sh-07"} 1795161600
      springtide_last_success_timestamp_seconds{stage="tell",cluster="pay-sh-07"} 1795161600
      springtide_decisions_total{tier="pods",action="scale",reason="MetricAboveTarget",cluster="pay-sh-07"} 1
      springtide_decisions_total{tier="nodes",action="grow",reason="ReplicasWillNotFit",cluster="pay-sh-07"} 1
      springtide_outcomes_total{kind="scale",status="succeeded",code="",cluster="pay-sh-07"} 1
      springtide_desired_replicas{target_namespace="shop",target_kind="Deployment",target_name="web",cluster="pay-sh-07"} 8
      springtide_current_replicas{target_namespace="shop",target_kind="Deployment",target_name="web",cluster="pay-sh-07"} 4
      springtide_min_replicas{target_namespace="shop",target_kind="Deployment",target_name="web",cluster="pay-sh-07"} 2
      springtide_max_replicas{target_namespace="shop",target_kind="Deployment",target_name="web",cluster="pay-sh-07"} 40
      springtide_policy_mode{target_namespace="shop",target_kind="Deployment",target_name="web",mode="act",cluster="pay-sh-07"} 1
      springtide_query_lag_seconds{target_namespace="shop",target_kind="Deployment",target_name="web",metric="requests",cluster="pay-sh-07"} 11
      springtide_metric_unknown{target_namespace="shop",target_kind="Deployment",target_name="web",metric="requests",cluster="pay-sh-07"} 0
      springtide_scale_lag_seconds_count{cluster="pay-sh-07"} 1
      springtide_desired_nodes{node_group="default-worker",cluster="pay-sh-07"} 4
      springtide_current_nodes{node_group="default-worker",cluster="pay-sh-07"} 3
      springtide_upcoming_nodes{node_group="default-worker",cluster="pay-sh-07"} 0
      springtide_min_nodes{node_group="default-worker",cluster="pay-sh-07"} 2
      springtide_max_nodes{node_group="default-worker",cluster="pay-sh-07"} 10
      springtide_pending_pods{cluster="pay-sh-07"} 3
      springtide_nodes{ready="true",cluster="pay-sh-07"} 3
      springtide_nodes{ready="false",cluster="pay-sh-07"} 0
      springtide_leaving_nodes{node_group="default-worker",cluster="pay-sh-07"} 0
      springtide_node_group_backed_off{node_group="default-worker",cluster="pay-sh-07"} 0
      springtide_node_group_mode{node_group="default-worker",mode="act",cluster="pay-sh-07"} 1
      springtide_alerts_firing{cluster="pay-sh-07"} 0
      springtide_leader{cluster="pay-sh-07"} 0
      springtide_lease_transitions{cluster="pay-sh-07"} 0
      springtide_memory_left_out_targets{cluster="pay-sh-07"} 0
      springtide_checks_failed{cluster="pay-sh-07"} 0
      springtide_checks_last_run_timestamp_seconds{cluster="pay-sh-07"} 0
      springtide_page_watchers{cluster="pay-sh-07"} 0"
    `);
  });

  it('leaves the last success of a failed stage alone and counts the failure', async () => {
    const metrics = aRegistry();
    metrics.recordTick(aReport());
    metrics.recordTick(
      aReport({
        number: 2,
        time: '2026-11-20T08:00:15Z',
        stages: {
          collect: { milliseconds: 100 },
          decide: { milliseconds: 1, failed: { code: 'WorldUnreadable', message: 'x' } },
        },
        errors: [{ source: 'magnum', what: 'nodegroups', code: 'Timeout', message: 'no answer' }],
        outcomes: [scaled({ status: 'failed', code: 'Forbidden' })],
      }),
    );
    const text = await textOf(metrics);
    const at = (stage: string) =>
      new RegExp(`last_success_timestamp_seconds\\{stage="${stage}",.*\\} (\\d+)`).exec(text)?.[1];
    expect(Number(at('collect')) - Number(at('decide'))).toBe(15);
    expect(text).toContain('stage_failures_total{stage="decide",code="WorldUnreadable",cluster="pay-sh-07"} 1');
    expect(text).toContain('source_errors_total{source="magnum",code="Timeout",cluster="pay-sh-07"} 1');
    expect(text).toContain('outcomes_total{kind="scale",status="failed",code="Forbidden",cluster="pay-sh-07"} 1');
  });
});

describe('what could not be kept', () => {
  it('is counted: refused documents as they stand now, lost lines as they come', async () => {
    let refused = 2;
    const metrics = createMetrics({
      cluster: 'a',
      version: '1',
      processFigures: false,
      refusedDocuments: () => refused,
    });
    metrics.recordLeftOut(40);
    metrics.recordLost('audit', 3);
    metrics.recordLost('audit', 1);
    metrics.recordLost('journal', 0);
    const of = (text: string) => samples(text).filter((line) => /refused|left_out|lines_lost/.test(line));
    expect(of(await textOf(metrics))).toEqual([
      'springtide_memory_left_out_targets{cluster="a"} 40',
      'springtide_lines_lost_total{log="audit",cluster="a"} 4',
      'springtide_lines_lost_total{log="journal",cluster="a"} 0',
      'springtide_config_refused_documents{cluster="a"} 2',
    ]);
    refused = 0;
    metrics.forget();
    expect(of(await textOf(metrics)).filter((line) => /refused|left_out/.test(line))).toEqual([
      'springtide_memory_left_out_targets{cluster="a"} 0',
      'springtide_config_refused_documents{cluster="a"} 0',
    ]);
  });
});

describe('rules that learn', () => {
  it('say how far they are, as long as they are there', async () => {
    const metrics = aRegistry();
    const rule: RuleHealth = {
      file: 'rules/own.yaml',
      group: 'disks',
      alert: 'DiskFull',
      state: 'good',
      failures: 0,
      lastError: null,
      lastEvaluation: null,
      took: null,
      pending: 0,
      firing: 0,
      learns: { known: 3, learning: 1, leftOut: 0 },
    };
    metrics.recordRuleSeries([rule, { ...rule, alert: 'Down', learns: null }]);
    const of = (text: string) => samples(text).filter((line) => line.includes('rule_series'));
    const series = 'springtide_rule_series{alert="DiskFull",group="rules/own.yaml disks",state=';
    expect(of(await textOf(metrics))).toEqual([
      `${series}"known",cluster="pay-sh-07"} 3`,
      `${series}"learning",cluster="pay-sh-07"} 1`,
      `${series}"leftOut",cluster="pay-sh-07"} 0`,
    ]);
    metrics.recordRuleSeries([]);
    expect(of(await textOf(metrics))).toEqual([]);
  });
});

describe('series', () => {
  it('go with their targets, groups and metrics', async () => {
    const metrics = aRegistry();
    metrics.recordTick(
      aReport({
        plan: aPlan({
          nodes: [
            aNodeDecision({
              kept: [{ node: 'n-1', reason: 'BlockedByPDB', by: 'shop/web', since: null, until: null }],
            }),
          ],
        }),
      }),
    );
    expect(await textOf(metrics)).toContain('springtide_kept_nodes{node_group="default-worker",reason="BlockedByPDB"');
    metrics.recordTick(aReport({ plan: aPlan({ pods: [], nodes: [] }), pendingPods: null, nodeCount: null }));
    const left = samples(await textOf(metrics)).filter((line) =>
      /target_name=|node_group=|pending_pods|springtide_nodes/.test(line),
    );
    expect(left).toEqual(['springtide_nodes{ready="true",cluster="pay-sh-07"} 3']);
  });

  it('of an unknown number do not keep the old one', async () => {
    const metrics = aRegistry();
    metrics.recordTick(aReport());
    metrics.recordTick(
      aReport({
        plan: aPlan({
          pods: [
            aPodDecision({
              current: null,
              desired: null,
              action: 'hold',
              reason: 'FailedGetScale',
              metrics: [
                { name: 'requests', value: null, target: 100, ageSeconds: null, proposal: null, state: 'unknown' },
              ],
            }),
          ],
        }),
      }),
    );
    const text = await textOf(metrics);
    expect(text).not.toMatch(/springtide_(current|desired)_replicas\{/);
    expect(text).not.toContain('springtide_query_lag_seconds{');
    expect(text).toMatch(/metric_unknown\{.*metric="requests".*\} 1/);
  });

  it('has the figures of forecasts where there are any', async () => {
    const load = { aheadSeconds: 105, expected: 702, upper: 780, by: 'season', replicas: 8 };
    const forecast: PodDecision['forecast'] = {
      metric: 'requests',
      mode: 'act',
      state: 'trusted',
      doubt: null,
      pods: load,
      nodes: { ...load, upper: 1200 },
      keep: null,
      coverage: 0.96,
      historySeconds: 86_400,
      ordersNodes: true,
    };
    const metrics = aRegistry();
    metrics.recordTick(aReport({ plan: aPlan({ pods: [aPodDecision({ forecast })] }) }));
    const text = await textOf(metrics);
    expect(text).toMatch(/^springtide_forecast_expected\{.*horizon="pods".*\} 702$/m);
    expect(text).toMatch(/^springtide_forecast_upper\{.*horizon="nodes".*\} 1200$/m);
    expect(text).not.toMatch(/^springtide_forecast_upper\{.*horizon="keep"/m);
    expect(text).toMatch(/^springtide_forecast_coverage\{.*\} 0.96$/m);
    expect(text).toMatch(/^springtide_forecast_trusted\{.*state="trusted".*\} 1$/m);
  });

  it('never name pods or nodes', async () => {
    const metrics = aRegistry();
    metrics.recordTick(aReport());
    expect(await textOf(metrics)).not.toMatch(/\b(pod|node)="/);
  });
});

it('counts calls and notifications', async () => {
  const metrics = aRegistry();
  metrics.recordCall({ source: 'magnum', method: 'PATCH', code: '202', seconds: 0.4 });
  metrics.recordCall({ source: 'prometheus', code: 'Timeout', seconds: 5 });
  metrics.recordNotification({ channel: 'sms', outcome: 'failed', code: 'isv.BUSINESS_LIMIT_CONTROL' });
  const text = await textOf(metrics);
  expect(text).toContain('api_calls_total{source="magnum",method="PATCH",code="202",cluster="pay-sh-07"} 1');
  expect(text).toContain('api_call_duration_seconds_count{cluster="pay-sh-07",source="prometheus",method=""} 1');
  expect(text).toContain(
    'notifications_total{channel="sms",outcome="failed",code="isv.BUSINESS_LIMIT_CONTROL",cluster="pay-sh-07"} 1',
  );
});

it('brings figures of the process and the event loop along, in a registry of its own', async () => {
  const text = await textOf(createMetrics({ cluster: 'one', version: '1' }));
  expect(text).toContain('process_resident_memory_bytes{cluster="one"}');
  expect(text).toContain('nodejs_eventloop_lag_p99_seconds{cluster="one"}');
  const { register } = await import('prom-client');
  expect(await register.metrics()).toBe('\n');
});
