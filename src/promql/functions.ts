// The functions that Prometheus knows: what they take, what they return, and which need a feature flag of the server.
import type { AggregationOperator, ResultType } from './ast.ts';

export interface FunctionSignature {
  readonly arguments: readonly ResultType[];
  /** How many of the last arguments may be left out. */
  readonly optional: number;
  /** Whether the last argument may be repeated. */
  readonly repeats: boolean;
  readonly returns: ResultType;
  /** Only behind the server's --enable-feature=promql-experimental-functions. */
  readonly experimental: boolean;
  /** Prometheus 3 has given up the name. */
  readonly former: boolean;
}

const kinds: Readonly<Record<string, ResultType>> = { s: 'scalar', v: 'vector', m: 'matrix', t: 'string' };

/** `name:arguments` with s v m t for the kinds, ? after one that may be left out, * after one that repeats, ! for experimental, ~ for Prometheus 2 only. */
const table = `
abs:v absent:v absent_over_time:m acos:v acosh:v asin:v asinh:v atan:v atanh:v avg_over_time:m ceil:v changes:m
clamp:vss clamp_max:vs clamp_min:vs cos:v cosh:v count_over_time:m days_in_month:v? day_of_month:v? day_of_week:v?
day_of_year:v? deg:v delta:m deriv:m double_exponential_smoothing:mss! exp:v first_over_time:m! floor:v histogram_avg:v
histogram_count:v histogram_fraction:ssv histogram_quantile:sv histogram_quantiles:vts*! histogram_stddev:v
histogram_stdvar:v histogram_sum:v holt_winters:mss~ hour:v? idelta:m increase:m info:vv?! irate:m label_join:vttt* label_replace:vtttt
last_over_time:m ln:v log10:v log2:v mad_over_time:m! max_over_time:m min_over_time:m minute:v? month:v?
predict_linear:ms present_over_time:m quantile_over_time:sm rad:v rate:m resets:m round:vs? sgn:v sin:v sinh:v sort:v
sort_by_label:vt*! sort_by_label_desc:vt*! sort_desc:v sqrt:v start_timestamp:v! stddev_over_time:m stdvar_over_time:m
sum_over_time:m tan:v tanh:v timestamp:v ts_of_first_over_time:m! ts_of_last_over_time:m! ts_of_max_over_time:m!
ts_of_min_over_time:m! vector:s year:v?`;

/** Those that return a number rather than a vector. */
const scalarTable = 'pi: time: scalar:v start:! end:! range:! step:!';

function readTable(text: string, returns: ResultType): [string, FunctionSignature][] {
  return text
    .trim()
    .split(/\s+/)
    .map((entry) => {
      const [name = '', letters = ''] = entry.split(':');
      const taken = Array.from(letters).flatMap((letter) => kinds[letter] ?? []);
      const signature: FunctionSignature = {
        arguments: taken,
        // what may be repeated may also be missing: label_join joins no labels at all
        optional: /[?*]/.test(letters) ? 1 : 0,
        repeats: letters.includes('*'),
        returns,
        experimental: letters.includes('!'),
        former: letters.includes('~'),
      };
      return [name, signature];
    });
}

export const functionSignatures: ReadonlyMap<string, FunctionSignature> = new Map([
  ...readTable(table, 'vector'),
  ...readTable(scalarTable, 'scalar'),
]);

/** Names that no Prometheus has any more, and what they are called today. */
export const renamedFunctions: ReadonlyMap<string, string> = new Map([
  ['count_scalar', 'count'],
  ['drop_common_labels', 'sum without'],
]);

export const aggregationNames = [
  'sum',
  'avg',
  'min',
  'max',
  'count',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'limitk',
  'limit_ratio',
  'quantile',
  'count_values',
] as const satisfies readonly AggregationOperator[];

/** The aggregations that take a parameter before the vector, and its type. */
export const aggregationParameters: Readonly<Partial<Record<AggregationOperator, 'scalar' | 'string'>>> = {
  topk: 'scalar',
  bottomk: 'scalar',
  limitk: 'scalar',
  limit_ratio: 'scalar',
  quantile: 'scalar',
  count_values: 'string',
};
