// Takes both systems through one change of the load and records what each wrote, and when.
import { at, numberAt } from '../servers/json.ts';
import { eventually } from '../servers/process.ts';
import { deploymentName, deploymentNames, loadSeries, pairNames, queryOf, shareSeries } from './pairs.ts';
import { decisions, writesOf, type Beside, type Write } from './stage.ts';
import type { PlannedStep } from './steps.ts';

export interface StepRecord {
  readonly step: PlannedStep;
  readonly changedAt: number;
  /** By Deployment: what was written after the change. */
  readonly writes: Readonly<Record<string, readonly Write[]>>;
}

const replicasOf = (writes: readonly Write[] | undefined): readonly number[] =>
  (writes ?? []).map(({ replicas }) => replicas);

/** By Deployment, the numbers written: to be compared with the planned path. */
export const pathsOf = ({ writes }: StepRecord): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(deploymentNames.map((name) => [name, replicasOf(writes[name])]));

export const plannedPaths = ({ path }: PlannedStep): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(deploymentNames.map((name) => [name, path]));

const shareOf = (load: number, replicas: number): number => Math.round((load * 1000) / replicas) / 1000;

/** The work of one replica falls as replicas come: the metric `each` follows what is written. */
function shareLoad(beside: Beside, load: number): void {
  for (const name of deploymentNames) {
    const replicas = writesOf(beside.deployments(), name).at(-1)?.replicas ?? 1;
    beside.exporter().set(shareSeries(name), shareOf(load, replicas));
  }
}

/** The Deployment's newest state: all its pods are there and ready, none too many. */
function isSettled(beside: Beside, name: string, replicas: number): boolean {
  const object = beside.deployments().events.findLast((event) => at(event.object, 'metadata', 'name') === name)?.object;
  return (
    numberAt(object, 'spec', 'replicas') === replicas &&
    at(object, 'status', 'observedGeneration') === at(object, 'metadata', 'generation') &&
    at(object, 'status', 'replicas') === replicas &&
    at(object, 'status', 'readyReplicas') === replicas
  );
}

/** Both have looked twice at the load of a hold: whatever the first look led to has been written by the second. */
function bothLookedTwice(beside: Beside, { load, from }: PlannedStep, changedAt: number): () => boolean {
  const value = { total: load, each: shareOf(load, from) };
  const hpaHas = (): boolean =>
    pairNames.every((pair) => {
      const answers = beside.metrics().answers.filter(({ at: when, query }) => {
        return when >= changedAt && query === queryOf(pair, 'hpa');
      });
      return answers.filter((answer) => answer.value === value[pair]).length >= 2;
    });
  const counts = (): readonly number[] =>
    pairNames.map((pair) => decisions(beside.daemon(), deploymentName(pair, 'springtide')).length);
  let since: readonly number[] | null = null;
  return () => {
    if (!hpaHas()) return false;
    // Counted from when Prometheus has the value for certain, which the HPA's own looks prove.
    const [now, then] = [counts(), (since ??= counts())];
    return now.every((count, index) => count >= (then[index] ?? 0) + 2);
  };
}

/** `patienceMs`: for the whole step. A write that was not planned ends it at once. */
export async function march(beside: Beside, step: PlannedStep, patienceMs: number): Promise<StepRecord> {
  const already = new Map(deploymentNames.map((name) => [name, writesOf(beside.deployments(), name).length]));
  const written = (): StepRecord['writes'] =>
    Object.fromEntries(
      deploymentNames.map((name) => [name, writesOf(beside.deployments(), name).slice(already.get(name))]),
    );
  const changedAt = Date.now();
  const looked = step.kind === 'hold' ? bothLookedTwice(beside, step, changedAt) : () => true;
  beside.exporter().set(loadSeries, step.load);
  shareLoad(beside, step.load);
  const final = step.path.at(-1) ?? step.from;
  const seen = (): StepRecord | undefined => {
    shareLoad(beside, step.load);
    const writes = written();
    const strays = deploymentNames.some((name) =>
      replicasOf(writes[name]).some((replicas, index) => replicas !== step.path[index]),
    );
    const arrived = deploymentNames.every((name) => isSettled(beside, name, final));
    return strays || (arrived && looked()) ? { step, changedAt, writes } : undefined;
  };
  const what = `${step.kind} from ${step.from} to ${final} replicas at a load of ${step.load}`;
  try {
    return await eventually(what, seen, patienceMs);
  } catch (error) {
    throw new Error(`${what}: ${JSON.stringify(pathsOf({ step, changedAt, writes: written() }))}`, { cause: error });
  }
}
