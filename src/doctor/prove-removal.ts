// Proves on a fresh, empty node that Magnum removes the server it is told to: grow by one, name exactly that one, see who left.
import { sleep, type Clock } from '../clock.ts';
import type { KubernetesWrites } from '../clients/kubernetes/writes.ts';
import { isMaster, type Magnum } from '../clients/openstack/magnum.ts';
import { messageOf, SpringtideError } from '../model/errors.ts';
import type { Node, Pod } from '../model/kubernetes.ts';
import type { MagnumNodeGroup } from '../model/openstack.ts';
import { minutes, seconds, since, type Instant, type Milliseconds, type ServerId } from '../model/units.ts';
import { isReady, serverIdOf } from '../policies/nodes/membership.ts';
import { isMirror, isOfDaemonSet, isTerminal } from '../policies/pod-facts.ts';

/** What is seen of the group at one moment. */
export interface GroupSight {
  readonly group: MagnumNodeGroup;
  readonly nodes: readonly Node[];
  /** bound to the node of that name */
  readonly podsOn: (node: string) => readonly Pod[];
  /** of Nova; null: it is not there */
  readonly serverIds: ReadonlySet<string> | null;
}

export interface ProofPorts {
  readonly clock: Clock;
  readonly cluster: string;
  readonly magnum: Pick<Magnum, 'getCluster' | 'getNodeGroup' | 'resize'>;
  readonly nodes: Pick<KubernetesWrites, 'getNode' | 'patchNode'>;
  readonly look: () => Promise<GroupSight>;
  /** one line of progress, by its code */
  readonly say: (code: string, facts: Readonly<Record<string, string | number>>) => void;
  readonly signal: AbortSignal;
}

export type ProofVerdict =
  | { readonly result: 'proven'; readonly node: string; readonly serverId: string; readonly of: number }
  /** another one has left: the named one still lives */
  | { readonly result: 'refuted'; readonly node: string; readonly left: readonly string[] }
  | { readonly result: 'undecided'; readonly why: string };

const looksEvery = seconds(5);
const settlesWithin = minutes(20);
/** Kubelets fall silent late, and Nodes are taken away later still. */
const leavesWithin = minutes(5);

function refuse(what: string, mend: string): never {
  throw new SpringtideError({ code: 'UsageInvalid', where: 'doctor --prove-removal', what, mend });
}

const isIdle = (status: string | undefined): boolean => /^(?:CREATE|UPDATE)_(?:COMPLETE|FAILED)$/.test(status ?? '');

/** Nothing of anybody's is on it: DaemonSets' and static pods leave with every node. */
const isEmpty = (pods: readonly Pod[]): boolean =>
  pods.every((pod) => isMirror(pod) || isOfDaemonSet(pod) || isTerminal(pod));

export async function proveRemoval(ports: ProofPorts): Promise<ProofVerdict> {
  const { magnum, nodes, clock, signal, say } = ports;

  async function until<T>(within: Milliseconds, seen: (sight: GroupSight) => T | null): Promise<T | null> {
    const began: Instant = clock.now();
    for (;;) {
      const sight = await ports.look();
      const found = seen(sight);
      if (found !== null) return found;
      if (since(began, clock.now()) > within) return null;
      await sleep(clock, looksEvery, signal);
      signal.throwIfAborted();
    }
  }

  const before = await ports.look();
  const { group } = before;
  const cluster = await magnum.getCluster(ports.cluster);
  if (isMaster(group)) refuse(`${group.name} holds the masters`, 'name a group of workers');
  const busy = [cluster.status, group.status].find((status) => !isIdle(status));
  if (busy !== undefined) refuse(`Magnum is at ${busy}`, 'wait for the end of it');
  const most = group.max_node_count ?? 0;
  if (most > 0 && group.node_count >= most)
    refuse(`${group.name} is at its maximum of ${most}`, 'raise max_node_count by one for the proof');
  if (before.nodes.length !== group.node_count)
    refuse(
      `${before.nodes.length} nodes of ${group.node_count} are registered`,
      'mend the group first: who left could not be told',
    );
  const unready = before.nodes.filter((node) => !isReady(node)).map(({ metadata }) => metadata.name);
  if (unready.length > 0)
    refuse(`${unready.join(', ')} of ${group.name} is not ready`, 'mend the group first: who left could not be told');
  const old = new Set(before.nodes.map(({ metadata }) => metadata.name));
  const count = group.node_count;
  const resize = async (nodeCount: number, remove: readonly ServerId[] = []): Promise<void> => {
    const { node_count: now } = await magnum.getNodeGroup(ports.cluster, group.uuid);
    const expected = remove.length > 0 || nodeCount === count ? count + 1 : count;
    // Compare before write, like the daemon: somebody else's resize is not undone by a test.
    if (now !== expected) throw new Error(`somebody else has set the count to ${now}`);
    await magnum.resize({ cluster: ports.cluster, nodeGroup: group.uuid, nodeCount, nodesToRemove: remove });
  };

  say('growing', { group: group.name, count: count + 1 });
  await resize(count + 1);
  let cordoned: string | null = null;
  try {
    const fresh = await until(settlesWithin, ({ nodes: seen }) => {
      const news = seen.filter((node) => !old.has(node.metadata.name) && isReady(node));
      return news[0] ?? null;
    });
    if (fresh === null) throw new Error('no fresh node was Ready in time');
    const { name } = fresh.metadata;
    const serverId = serverIdOf(fresh);
    if (serverId === null) throw new Error(`the server of node ${name} is not known`);
    await nodes.patchNode(name, { unschedulable: true });
    cordoned = name;
    say('cordoned', { node: name, what: serverId });
    const ready = await until(settlesWithin, ({ group: seen, podsOn }) =>
      isIdle(seen.status) ? { status: seen.status ?? '', empty: isEmpty(podsOn(name)), pods: podsOn(name) } : null,
    );
    if (ready === null) throw new Error('Magnum has not finished in time');
    if (!ready.empty) throw new Error(`pods have come to ${name} before it was cordoned`);
    say('removing', { node: name, what: serverId, count });
    await resize(count, [serverId]);

    const left = await until(leavesWithin, ({ group: seen, nodes: standing, serverIds }) => {
      if (seen.node_count !== count || !isIdle(seen.status)) return null;
      const isThere = (node: Node): boolean => {
        const id = serverIdOf(node);
        return serverIds === null || id === null ? isReady(node) : serverIds.has(id);
      };
      const living = new Set(standing.filter(isThere).map(({ metadata }) => metadata.name));
      const gone = [...old, name].filter((one) => !living.has(one));
      return gone.length > 0 ? gone : null;
    });
    if (left === null) throw new Error('nobody has left in time');
    if (left.length === 1 && left[0] === name) {
      cordoned = null;
      return { result: 'proven', node: name, serverId, of: count + 1 };
    }
    if (!left.includes(name)) return { result: 'refuted', node: name, left };
    throw new Error(`${left.join(', ')} have left: more than the one`);
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return { result: 'undecided', why: messageOf(thrown) };
  } finally {
    // What could not be removed goes to work: an empty cordoned VM would be paid for and forgotten.
    if (cordoned !== null) await uncordon(ports, cordoned);
  }
}

async function uncordon({ nodes, say }: ProofPorts, name: string): Promise<void> {
  try {
    if ((await nodes.getNode(name)) === null) return;
    await nodes.patchNode(name, { unschedulable: null });
    say('uncordoned', { node: name });
  } catch (thrown) {
    say('stillCordoned', { node: name, why: messageOf(thrown) });
  }
}
