// Which warnings say that a part did not answer, and which are remarks on the query: as Prometheus and those in its place write them.
import { expect, it } from 'vitest';
import { partialOf } from '../../src/model/partial-answer.ts';

it.each([
  'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "queue_depth" (1:10)',
  'PromQL warning: quantile value should be between 0 and 1, got 95 (1:20)',
  'PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/) for metric name "x"',
  '7 more warning annotations omitted',
  '1 more info annotations omitted',
])('a remark leaves the answer whole: %s', (remark) => {
  expect(partialOf([remark])).toBeNull();
});

it.each([
  ['Thanos', 'receive series from Addr: 10.0.0.1:10901 LabelSets: {} MinTime: 1: rpc error: code = Unavailable'],
  ['Thanos without stores', 'No StoreAPIs matched for this query'],
  ['a remote read', 'remote_read: remote server http://old:9090/api/v1/read returned http status 503'],
  ['a cluster of VictoriaMetrics', 'isPartial: a part of the server did not answer'],
  ['a limit', 'results truncated due to limit'],
  ['what only quotes a remark', 'store said: PromQL info: x'],
])('%s says that a part is missing', (_, warning) => {
  expect(partialOf([warning])).toBe(`a partial answer: ${warning}`);
});

it('names only what is missing where remarks stand beside it', () => {
  expect(partialOf(['PromQL info: x', 'store a is away', 'store b is away'])).toBe(
    'a partial answer: store a is away; store b is away',
  );
});

it('is whole without warnings', () => {
  expect([partialOf(), partialOf([])]).toEqual([null, null]);
});
