// The cloud behind the APIs: node groups, their machines, the quota, and the updates that take their time.
import type { Cancel } from '../../clock.ts';
import { rfc3339 } from '../../model/units.ts';
import type { Milliseconds } from '../../model/units.ts';
import { seededUuid } from '../random.ts';
import type { Faults } from './faults.ts';
import { serverOf } from './parts.ts';
import type { CloudOptions, DriverCall, Flavor, Group, Quota, Server } from './parts.ts';
import { clusterApiWants, heatWants, machineName, machineSetName, stackName } from './stack.ts';
import type { Member } from './stack.ts';

const quotaReason =
  'Resource UPDATE failed: Forbidden: resources.kube_minions: Quota exceeded for instances: Requested 1, but already used the quota of the project (HTTP 403)';
const hostReason =
  'Resource UPDATE failed: ResourceInError: resources.kube_minions: Went to status ERROR due to "Message: No valid host was found. , Code: 500"';
/** Between the 202 and the moment when the conductor takes it up. */
const castDelay = 300 as Milliseconds;
const mostCalls = 1_000;

export class Cloud {
  readonly uuid: string;
  readonly groups: readonly Group[];
  readonly calls: DriverCall[] = [];
  readonly created: string;
  /** Set by hand, to play a cluster that is being made or torn down. */
  forcedStatus: string | null = null;
  readonly #options: CloudOptions;
  readonly #faults: Faults;
  readonly #timers = new Set<Cancel>();
  #addresses = 10;

  constructor(options: CloudOptions, faults: Faults) {
    this.#options = options;
    this.#faults = faults;
    this.uuid = seededUuid(options.random);
    this.created = rfc3339(options.clock.now());
    const { driver, random } = options;
    const shared = stackName(driver, options.cluster.name, random, seededUuid(random));
    let workers = 0;
    this.groups = options.cluster.groups.map((wish) => {
      const role = wish.role ?? 'worker';
      const isDefault = role === 'master' || workers++ === 0;
      const group: Group = {
        uuid: seededUuid(options.random),
        name: wish.name,
        role,
        flavor: this.#flavor(wish.flavor),
        labels: wish.labels ?? {},
        nodeLabels: wish.nodeLabels ?? {},
        nodeTaints: wish.nodeTaints ?? [],
        isDefault,
        driver,
        // Heat makes a stack for each further group; Cluster API has one cluster for all.
        stackId: isDefault || driver !== 'heat' ? shared : seededUuid(random),
        machineSet: driver === 'heat' ? null : machineSetName(driver, shared, wish.name, random),
        members: new Map(),
        gone: new Set(),
        min: wish.min ?? 0,
        max: wish.max ?? null,
        count: wish.count,
        status: 'CREATE_COMPLETE',
        statusReason: driver === 'heat' ? 'Stack CREATE completed successfully' : null,
        updated: null,
      };
      for (let index = 0; index < wish.count; index++) this.#make(group, index).state = 'ACTIVE';
      return group;
    });
  }

  find(nameOrUuid: string): Group | undefined {
    return this.groups.find((group) => group.uuid === nameOrUuid || group.name === nameOrUuid);
  }

  get status(): string {
    if (this.forcedStatus !== null) return this.forcedStatus;
    const all = this.groups.map((group) => group.status);
    const worst = ['_IN_PROGRESS', '_FAILED', '_COMPLETE'].find((end) => all.some((one) => one.endsWith(end)));
    return all.every((one) => one === 'CREATE_COMPLETE') ? 'CREATE_COMPLETE' : `UPDATE${worst ?? '_COMPLETE'}`;
  }

  servers(): readonly Server[] {
    return this.groups.flatMap((group) => [...group.members.values()].map((member) => serverOf(group, member)));
  }

  get flavors(): readonly Flavor[] {
    return this.#options.flavors;
  }

  get quota(): Quota {
    return this.#options.quota;
  }

  used(): Quota {
    const used = { instances: 0, cores: 0, ram: 0 };
    for (const { state, flavor } of this.servers()) {
      if (state === 'ERROR') continue;
      used.instances++;
      used.cores += flavor.vcpus;
      used.ram += flavor.ram;
    }
    return used;
  }

  /** Queued; what comes of it is decided when the conductor takes it up. */
  cast(op: 'resize_cluster' | 'update_cluster', group: Group, count: number, remove: readonly string[]): void {
    this.#after(castDelay, () => this.#conduct(op, group, count, remove));
  }

  /** Changes the limits of a group: a whole update cycle in which no machine changes. */
  limit(group: Group, limits: { readonly min?: number; readonly max?: number | null }): void {
    this.#after(castDelay, () => {
      if (limits.min !== undefined) group.min = limits.min;
      if (limits.max !== undefined) group.max = limits.max;
      this.#begin(group);
      this.#record('update_nodegroup', group, group.count, { matched: [], unmatched: [] }, false);
      this.#after(castDelay, () => this.#settle(group));
    });
  }

  stop(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  #conduct(op: 'resize_cluster' | 'update_cluster', group: Group, count: number, remove: readonly string[]): void {
    const status = this.status;
    const previous = group.count;
    const nothing = { matched: [], unmatched: remove };
    const busy = status === 'CREATE_IN_PROGRESS' || status === 'DELETE_IN_PROGRESS';
    const patching = op === 'update_cluster' && status === 'UPDATE_IN_PROGRESS';
    if (busy || patching || this.#faults.takeMachine('dropped', group.name) !== null) {
      this.#record('dropped', group, previous, nothing, false, count);
      return;
    }
    const { driver, random } = this.#options;
    const superseded = group.status === 'UPDATE_IN_PROGRESS';
    // A machine that failed is replaced by the next update, under a new id.
    for (const member of [...group.members.values()]) if (member.state === 'ERROR') this.#forget(group, member);
    const members = [...group.members.values()];
    const wanted =
      driver === 'heat'
        ? heatWants(members, group.gone, count, remove)
        : clusterApiWants(members, count, remove, driver, random);
    group.count = count;
    this.#begin(group);
    this.#record(op, group, previous, wanted, superseded);
    for (const member of members)
      if (!wanted.indices.includes(member.index) && member.state !== 'DELETING') this.#delete(group, member);
    this.#create(
      group,
      wanted.indices.filter((index) => !group.members.has(index)),
    );
    this.#after(castDelay, () => this.#settle(group));
  }

  #begin(group: Group): void {
    for (const one of this.#stackOf(group)) {
      one.status = 'UPDATE_IN_PROGRESS';
      one.statusReason = null;
      one.updated = rfc3339(this.#options.clock.now());
    }
  }

  #create(group: Group, indices: readonly number[]): void {
    if (indices.length === 0) return;
    const fault =
      this.#faults.takeMachine('quotaExceeded', group.name) ?? this.#faults.takeMachine('bootFails', group.name);
    const failing =
      fault !== null && 'servers' in fault && fault.servers !== undefined ? fault.servers : indices.length;
    indices.forEach((index, position) => {
      const free = this.#fits(group.flavor);
      const member = this.#make(group, index);
      const reason =
        !free || (fault?.kind === 'quotaExceeded' && position >= indices.length - failing)
          ? quotaReason
          : fault?.kind === 'bootFails' && position >= indices.length - failing
            ? hostReason
            : null;
      const boots = this.#spread(this.#options.bootSeconds);
      // Nova refuses a quota at once; a host is missed only when the machine should have come up.
      this.#after(reason === quotaReason ? castDelay : boots, () =>
        reason === null ? this.#boot(group, member) : this.#fail(group, member, reason),
      );
    });
  }

  #boot(group: Group, member: Member): void {
    if (member.state !== 'CREATING') return;
    member.state = 'ACTIVE';
    if (this.#faults.takeMachine('neverRegisters', group.name) === null)
      this.#options.onServerActive?.(serverOf(group, member));
    this.#settle(group);
  }

  #fail(group: Group, member: Member, reason: string): void {
    if (member.state !== 'CREATING') return;
    member.state = 'ERROR';
    // Cluster API goes on trying: its groups are never seen to fail, and do not say why.
    if (group.machineSet === null) for (const one of this.#stackOf(group)) one.statusReason = reason;
    this.#settle(group);
  }

  #delete(group: Group, member: Member): void {
    member.state = 'DELETING';
    this.#after(this.#spread(this.#options.deleteSeconds ?? { mean: 5, jitter: 2 }), () => {
      this.#forget(group, member);
      this.#settle(group);
    });
  }

  #forget(group: Group, member: Member): void {
    if (group.members.get(member.index) !== member) return;
    group.members.delete(member.index);
    this.#options.onServerDeleted?.(serverOf(group, member));
  }

  /** An update ends when nothing of its stack is under way. */
  #settle(group: Group): void {
    const stack = this.#stackOf(group);
    const members = stack.flatMap((one) => [...one.members.values()]);
    if (group.status !== 'UPDATE_IN_PROGRESS') return;
    if (members.some((member) => member.state === 'CREATING' || member.state === 'DELETING')) return;
    const failed = members.some((member) => member.state === 'ERROR');
    if (failed && group.machineSet !== null) return;
    for (const one of stack) {
      one.status = failed ? 'UPDATE_FAILED' : 'UPDATE_COMPLETE';
      if (!failed) one.statusReason = group.machineSet === null ? 'Stack UPDATE completed successfully' : null;
    }
    this.#record('done', group, group.count, { matched: [], unmatched: [] }, false);
  }

  #stackOf(group: Group): readonly Group[] {
    // A stack of Heat's is one thing with one status; each MachineDeployment has its own.
    return group.machineSet === null ? this.groups.filter((other) => other.stackId === group.stackId) : [group];
  }

  #fits(flavor: Flavor): boolean {
    const used = this.used();
    const { instances, cores, ram } = this.quota;
    const under = (limit: number, need: number): boolean => limit < 0 || need <= limit;
    return (
      under(instances, used.instances + 1) &&
      under(cores, used.cores + flavor.vcpus) &&
      under(ram, used.ram + flavor.ram)
    );
  }

  #make(group: Group, index: number): Member {
    const { clock, cluster, random } = this.#options;
    const id = seededUuid(random);
    const last = this.#addresses++;
    const kind = group.role === 'master' ? 'master' : 'node';
    const member: Member = {
      index,
      id,
      name:
        group.machineSet === null
          ? `${cluster.name}-${group.name}-${kind}-${index}`
          : machineName(group.machineSet, random),
      address: `10.0.${Math.floor(last / 250) % 250}.${(last % 250) + 2}`,
      created: rfc3339(clock.now()),
      state: 'CREATING',
    };
    group.members.set(index, member);
    return member;
  }

  #flavor(name: string): Flavor {
    const found = this.#options.flavors.find((flavor) => flavor.name === name || flavor.id === name);
    if (found === undefined) throw new Error(`the embedded cloud has no flavor ${name}; add it to its flavors`);
    return found;
  }

  #record(
    op: DriverCall['op'],
    group: Group,
    previous: number,
    removal: { readonly matched: readonly string[]; readonly unmatched: readonly string[] },
    superseded: boolean,
    count = group.count,
  ): void {
    this.calls.push({
      at: rfc3339(this.#options.clock.now()),
      op,
      group: group.name,
      count,
      previous,
      matched: removal.matched,
      unmatched: removal.unmatched,
      superseded,
      status: group.status,
    });
    if (this.calls.length > mostCalls) this.calls.shift();
  }

  #spread({ mean, jitter }: { readonly mean: number; readonly jitter: number }): Milliseconds {
    return Math.max(100, (mean + (this.#options.random() * 2 - 1) * jitter) * 1000) as Milliseconds;
  }

  #after(delay: Milliseconds, run: () => void): void {
    const cancel = this.#options.clock.after(delay, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
  }
}
