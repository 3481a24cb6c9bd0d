// The chapters of the demo's story, each ticked off only by what was really seen in the world.
import type { TickReport } from '../model/report.ts';
import type { EmbeddedWorld } from '../sandbox/world.ts';

export const chapters = [
  'loadRose',
  'podsScaled',
  'vmOrderedInSameTick',
  'vmBooted',
  'podsRan',
  'loadFell',
  'podsReduced',
  'nodeDrained',
  'vmGivenBack',
  'smsWritten',
  'mailWritten',
] as const;
export type Chapter = (typeof chapters)[number];

export interface Scene {
  readonly load: number | null;
  readonly replicas: number | null;
  readonly pending: number | null;
  readonly servers: number;
  readonly ready: number | null;
}

export class Story {
  readonly #world: EmbeddedWorld;
  readonly #seen = new Set<Chapter>();
  readonly #workersAtStart: number;
  #least = Number.POSITIVE_INFINITY;
  #most = 0;
  #mostReplicas = 0;

  constructor(world: EmbeddedWorld) {
    this.#world = world;
    this.#workersAtStart = this.#workers().length;
  }

  get missing(): readonly Chapter[] {
    return chapters.filter((chapter) => !this.#seen.has(chapter));
  }

  /** What a tick showed; answers the chapters that it brought. */
  watch(report: TickReport): readonly Chapter[] {
    const { load, replicas, pending, ready } = this.scene(report);
    const fresh: Chapter[] = [];
    const see = (chapter: Chapter, happened: boolean): void => {
      if (!happened || this.#seen.has(chapter)) return;
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

  #workers() {
    return this.#world.openstack.servers().filter((server) => server.role === 'worker');
  }
}
