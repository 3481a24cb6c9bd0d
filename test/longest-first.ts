// The order in which test files begin: one that takes long must not begin last, when nothing is left to be done beside it.
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** By how long they take on two cores, the longest first; whatever is not named here takes less than 20 seconds. */
const longest = [
  'real/nodes',
  'real/leader',
  'real/story',
  'real/pods',
  'real/clients',
  'real/drain',
  'world/alerts-chaos',
  'world/cli-operators',
  'real/install',
  'world/cli-nodes',
  'world/cli',
  'real/openstack',
  'world/cli-interrupted',
  'real/cloud',
  'real/hpa-beside',
  'web/page',
  'real/alerts',
  'world/restart',
  'world/demo',
  'world/drivers',
  'world/canaries',
  'real/manifests',
  'real/amtool',
  'world/prometheus-faults',
  'world/plan-against',
];
const rankOf = new Map(longest.map((name, index) => [`/test/${name}.test.ts`, index]));
const rank = ({ moduleId }: TestSpecification): number =>
  rankOf.get(moduleId.slice(moduleId.lastIndexOf('/test/'))) ?? longest.length;

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    // A worker serves one project: the shortest come last, and no project is left and begun again.
    const isUnit = ({ project }: TestSpecification): number => Number(project.name === 'unit');
    return sorted.toSorted((one, other) => isUnit(one) - isUnit(other) || rank(one) - rank(other));
  }
}
