// Whether a part did not answer: Prometheus puts remarks on the query itself into the same list.
/** Since Prometheus 2.48, until 2.53 its infos too; of more than ten it only says how many there were. */
const remark = /^PromQL (?:warning|info):|^\d+ more (?:warning|info) annotations omitted$/;

/** Every other warning is of a store or a remote read that did not answer: that is how Thanos and Prometheus write them. */
export function partialOf(warnings: readonly string[] = []): string | null {
  const partial = warnings.filter((warning) => !remark.test(warning));
  return partial.length > 0 ? `a partial answer: ${partial.join('; ')}` : null;
}
