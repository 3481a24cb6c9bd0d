// The actuators that write nothing: dry run rehearses, confirm waits for a person.
import { drainOutcome, resizeOutcome, scaleOutcome, type Actuator } from './actuator.ts';

const silent = (status: 'dryRun' | 'refused', code?: string): Actuator => {
  const parts = { status, ...(code === undefined ? {} : { code }) };
  return {
    scale: (decision, moment) => Promise.resolve(scaleOutcome(decision, moment, parts)),
    mark: () => Promise.resolve(),
    drain: (decision, step, moment) =>
      Promise.resolve(step.step === 'wait' ? null : drainOutcome(decision, step, moment, parts)),
    resize: (decision, moment) => Promise.resolve(resizeOutcome(decision, moment, parts)),
    tell: () => Promise.resolve(),
  };
};

export const dryRun = silent('dryRun');
export const awaitsApproval = silent('refused', 'ConfirmNeeded');
