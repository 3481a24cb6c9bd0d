// The chapters of the demo's story, each ticked off only by what was really seen in the world.
import type { Memory } from '../model/memory.ts';
import type { TickReport } from '../model/report.ts';
import type { Driver } from '../sandbox/openstack/stack.ts';
import type { EmbeddedWorld } from '../sandbox/world.ts';

const rise = [
  'loadRose',
  'podsScaled',
  'vmOrderedInSameTick',
  'vmBooted',
  'podsRan',
  'loadFell',
  'podsReduced',
] as const;
const told = ['smsWritten', 'mailWritten'] as const;
/** Who removes the VM that is named is known of Heat; each other driver shows here what it does. */
const fall = {
  heat: ['nodeDrained', 'vmGivenBack'],
  'magnum-cluster-api': ['removalRefused', 'nodeDrained', 'vmGivenBack', 'removalProven'],
  'magnum-capi-helm': ['removalRefused', 'wrongVmLeft', 'drainUndone', 'noMoreGivenBack'],
} as const satisfies Readonly<Record<Driver, readonly string[]>>;

export type Chapter = (typeof rise)[number] | (typeof fall)[Driver][number] | (typeof told)[number];

export const chaptersOf = (driver: Driver): readonly Chapter[] => [...rise, ...fall[driver], ...told];

export interface Scene {
  readonly load: number | null;
  readonly replicas: number | null;
  readonly pending: number | null;
  readonly servers: number;
  readonly ready: number | null;
}

const isFiring = (report: TickReport, alert: string): boolean =>
  report.plan.alerts.some(({ state, labels }) => state === 'firing' && labels['alertname'] === alert);

export class Story {
  readonly #world: EmbeddedWorld;
  readonly #chapters: readonly Chapter[];
  readonly #seen = new Set<Chapter>();
  readonly #workersAtStart: number;
  #least = Number.POSITIVE_INFINITY;
  #most = 0;
  #mostReplicas = 0;

  constructor(world: EmbeddedWorld, driver: Driver) {
    this.#world = world;
    this.#chapters = chaptersOf(driver);
    this.#workersAtStart = this.#workers().length;
  }

  get missing(): readonly Chapter[] {
    return this.#chapters.filter((chapter) => !this.#seen.has(chapter));
  }

  /** What a tick showed, and what springtide remembers after it; answers the chapters that it brought. */
  watch(report: TickReport, { removalProof }: Pick<Memory, 'removalProof'>): readonly Chapter[] {
    const { load, replicas, pending, ready } = this.scene(report);
    const fresh: Chapter[] = [];
    const see = (chapter: Chapter, happened: boolean): void => {
      if (!happened || this.#seen.has(chapter) || !this.#chapters.includes(chapter)) return;
      this.#seen.add(chapter);
      fresh.push(chapter);
    };
    const has = (chapter: Chapter): boolean => this.#seen.has(chapter);
    if (load !== null) {
      this.#least = Math.min(this.#least, load);
      this.#most = Math.max(this.#most, load);
    }
    this.#mostReplicas = Math.max(this.#mostReplicas, replicas ?? 0);
    const scaledUp = report.outcomes.some(
      (one) => one.kind === 'scale' && one.status === 'succeeded' && one.to > one.from,
    );
    const ordered = report.outcomes.some(
      (one) => one.kind === 'resize' && one.status === 'succeeded' && one.to > one.from,
    );
    const forDecided = report.plan.nodes.some((one) => one.action === 'grow' && one.reason === 'ReplicasWillNotFit');

    see('loadRose', load !== null && load > 3 * this.#least);
    see('podsScaled', scaledUp);
    // The same tick wrote the replicas and ordered the VMs for them.
    see('vmOrderedInSameTick', scaledUp && ordered && forDecided);
    see('vmBooted', (ready ?? 0) > this.#workersAtStart + 1 && has('vmOrderedInSameTick'));
    see('podsRan', has('vmBooted') && pending === 0 && (replicas ?? 0) > 8);
    see('loadFell', has('podsRan') && load !== null && load < this.#most / 4);
    see('podsReduced', has('loadFell') && replicas !== null && replicas < this.#mostReplicas / 2);
    see(
      'nodeDrained',
      report.outcomes.some((one) => one.kind === 'drain' && one.step === 'evict' && (one.evicted ?? []).length > 0),
    );
    see('vmGivenBack', this.#givenBackAsAsked());
    const refused = report.plan.nodes.some((one) => one.reason === 'RemovalNotProven');
    const held = report.plan.nodes.some(({ kept }) => kept.some(({ reason }) => reason === 'WrongServerLeft'));
    see('removalRefused', refused);
    see('removalProven', removalProof !== undefined && has('vmGivenBack'));
    see('wrongVmLeft', isFiring(report, 'SpringtideWrongServerLeft') && this.#othersLeft());
    see('drainUndone', has('wrongVmLeft') && this.#cordoned() === 0);
    see('noMoreGivenBack', has('drainUndone') && held);
    see('smsWritten', this.#world.sms.messages.length > 0);
    see('mailWritten', this.#world.mail.mails.length > 0);
    return fresh;
  }

  scene(report: TickReport): Scene {
    const [decision] = report.plan.pods;
    const requests = decision?.metrics.find((metric) => metric.name === 'requests');
    return {
      load: requests?.value ?? null,
      replicas: decision?.desired ?? null,
      pending: report.pendingPods,
      servers: this.#workers().length,
      ready: report.readyNodes,
    };
  }

  /** Magnum's driver was told servers by id, knew all of them, and they are gone. */
  #givenBackAsAsked(): boolean {
    const alive = new Set(this.#world.openstack.servers().map((server) => server.id));
    return this.#world.openstack.calls.some(
      (call) =>
        call.op === 'resize_cluster' &&
        call.matched.length > 0 &&
        call.unmatched.length === 0 &&
        call.count < call.previous &&
        call.matched.every((id) => !alive.has(id)),
    );
  }

  /** A driver took as many VMs as it was told, and not those: some of the named ones live. */
  #othersLeft(): boolean {
    const alive = new Set(this.#world.openstack.servers().map((server) => server.id));
    return this.#world.openstack.calls.some(
      (call) =>
        call.op === 'resize_cluster' && call.count < call.previous && call.unmatched.some((id) => alive.has(id)),
    );
  }

  #cordoned(): number {
    return this.#world.kubernetes.objects.list('nodes').filter(({ spec }) => spec.unschedulable === true).length;
  }

  #workers() {
    return this.#world.openstack.servers().filter((server) => server.role === 'worker');
  }
}
