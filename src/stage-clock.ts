// How long each stage of a tick took, and how it failed. The thrower's code is kept; the tick goes on.
import { messageOf } from './model/errors.ts';
import type { Stage, StageReport } from './model/report.ts';

const codeOf = (thrown: unknown): string => {
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'Unexpected';
};

export class StageClock {
  readonly reports: Partial<Record<Stage, StageReport>> = {};

  /** The stage's answer, or null where it failed. */
  async run<Answer>(stage: Stage, work: () => Promise<Answer>): Promise<Answer | null> {
    // Real time on purpose: what a stage costs does not depend on the clock that decisions live by.
    const began = performance.now();
    try {
      const answer = await work();
      this.reports[stage] = { milliseconds: performance.now() - began };
      return answer;
    } catch (thrown) {
      this.reports[stage] = {
        milliseconds: performance.now() - began,
        failed: { code: codeOf(thrown), message: messageOf(thrown) },
      };
      return null;
    }
  }
}
