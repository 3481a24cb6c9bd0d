// Collect: the whole world read once, in parallel and within a deadline, into one Snapshot.
import type { RangeQuery } from '../clients/prometheus/client.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../model/config.ts';
import type { Scale } from '../model/kubernetes.ts';
import type { KubernetesFacts, MagnumFacts, NovaFacts, Snapshot } from '../model/snapshot.ts';
import { rfc3339, seconds } from '../model/units.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import { questionsOf } from '../targets/questions.ts';
import { selectTargets } from '../targets/select.ts';
import { Gathering } from './gathering.ts';
import { readLists } from './kubernetes.ts';
import type { KubernetesSource } from './kubernetes.ts';
import { collectMagnum } from './magnum.ts';
import type { MagnumSource } from './magnum.ts';
import { createNovaCollector } from './nova.ts';
import type { NovaSource } from './nova.ts';
import { createOthersCollector, type OthersSource } from './others.ts';
import { beginQuestions, collectRanges } from './prometheus.ts';
import type { PrometheusSource } from './prometheus.ts';
import { collectScales, customKindsOf } from './scales.ts';
import type { WantedKind } from './scales.ts';

export interface CollectorParts {
  /** Asked at each collection: configuration may be loaded anew at any time. */
  readonly config: () => Config;
  /** of the connections */
  readonly clock: Clock;
  /** By which answers of the cloud grow old; absent: the same. */
  readonly cloudClock?: Clock;
  readonly kubernetes: KubernetesSource;
  readonly prometheus: PrometheusSource;
  /** who else may scale the nodes is looked for there; absent: it is not looked for */
  readonly others?: OthersSource;
  readonly openstack: { readonly magnum: MagnumSource; readonly nova: NovaSource } | null;
  /** A list that the API server has not spoken of for this long is not a fact any more. */
  readonly staleAfter?: Milliseconds;
  readonly deadline?: Milliseconds;
}

export interface CollectOptions {
  /** Ends the collection early; what was read until then is kept. */
  readonly signal?: AbortSignal;
  readonly ranges?: readonly RangeQuery[];
  /** Beside those of the policies. */
  readonly queries?: readonly string[];
}

export interface Collect {
  (now: Instant, options?: CollectOptions): Promise<Snapshot>;
  /** Begins to ask the cloud, whose answers take longest, shortly before the collection that will use them. */
  readonly askAhead: () => void;
}

/** One reading of Magnum and Nova, begun with its collection or a little ahead of it. */
interface CloudReading {
  readonly config: Config;
  readonly began: number;
  readonly gathering: Gathering;
  readonly facts: Promise<readonly [MagnumFacts, NovaFacts]>;
  readonly end: () => void;
}

/** milliseconds */
const longestAhead = 5_000;

const usual = { staleAfter: seconds(60), deadline: seconds(12) };

export function createCollector(parts: CollectorParts): Collect {
  const { clock, openstack } = parts;
  const staleAfter = parts.staleAfter ?? usual.staleAfter;
  const nova = openstack === null ? null : createNovaCollector(openstack.nova, parts.cloudClock ?? clock);
  const others = parts.others === undefined ? null : createOthersCollector(parts.others, clock);
  let wanted: { readonly config: Config; readonly kinds: readonly WantedKind[] } | null = null;

  async function cloud(config: Config, gathering: Gathering): Promise<readonly [MagnumFacts, NovaFacts]> {
    // Without a NodePolicy nobody needs to know the cloud.
    if (config.nodePolicies.length === 0) return [{}, {}];
    if (openstack === null || nova === null) {
      const message = 'there are NodePolicies but no connection to OpenStack; give the Daemon an openstack section';
      gathering.fail('magnum', 'cluster', 'NotConfigured', message);
      return [{}, {}];
    }
    const name = config.daemon.openstack?.cluster ?? config.daemon.cluster;
    const named = new Set(config.nodePolicies.flatMap(({ spec }) => spec.nodeGroups.map((group) => group.name)));
    return Promise.all([collectMagnum(openstack.magnum, name, named, gathering), nova(gathering)]);
  }

  const beginCloud = (config: Config): CloudReading => {
    const controller = new AbortController();
    const gathering = new Gathering(controller.signal);
    return {
      config,
      began: performance.now(),
      gathering,
      facts: cloud(config, gathering),
      end: () => controller.abort(),
    };
  };
  let ahead: CloudReading | null = null;
  /** What was asked ahead for this collection; an older answer is not waited for and not used. */
  const takeAhead = (config: Config): CloudReading | null => {
    const reading = ahead;
    ahead = null;
    const fresh = reading !== null && reading.config === config && performance.now() - reading.began < longestAhead;
    if (!fresh) reading?.end();
    return fresh ? reading : null;
  };

  const collect = async (now: Instant, options: CollectOptions = {}): Promise<Snapshot> => {
    const config = parts.config();
    if (wanted?.config !== config) wanted = { config, kinds: customKindsOf(config) };
    const { kinds } = wanted;
    const reading = takeAhead(config) ?? beginCloud(config);
    // Real time, like the deadlines of the calls themselves: the network does not know our clock.
    const controller = new AbortController();
    const end = (): void => {
      controller.abort();
      reading.end();
    };
    const timer = setTimeout(end, parts.deadline ?? usual.deadline);
    options.signal?.addEventListener('abort', end, { once: true });
    if (options.signal?.aborted === true) end();
    const gathering = new Gathering(controller.signal);
    try {
      const lists = readLists(parts.kubernetes, gathering, { now: clock.now(), staleAfter });
      const questions = beginQuestions(parts.prometheus, gathering, now);
      const askFor = (kubernetes: KubernetesFacts): void => {
        const { bound } = selectTargets(config.podPolicies, kubernetes, gathering.errors);
        questions.ask(questionsOf(config, bound));
      };
      askFor(lists);
      questions.ask(options.queries ?? []);
      const scales: Scale[] = [];
      // Each kind's questions follow as soon as its targets are known: a slow one holds up no other.
      const readKind = async (kind: WantedKind): Promise<void> => {
        scales.push(...(await collectScales(parts.kubernetes, kind, gathering)));
        askFor({ ...lists, scales: [...scales] });
      };
      const [ranges, [magnum, novaFacts], configmaps] = await Promise.all([
        collectRanges(parts.prometheus, options.ranges ?? [], gathering),
        reading.facts,
        config.nodePolicies.length === 0 ? undefined : others?.(gathering),
        ...kinds.map(readKind),
      ]);
      const prometheus = { ...(await questions.facts()), ...(ranges.length > 0 && { ranges }) };
      const kubernetes = { ...lists, ...(kinds.length > 0 && { scales }), ...(configmaps && { configmaps }) };
      const errors = [...gathering.errors, ...reading.gathering.errors];
      return { time: rfc3339(now), kubernetes, magnum, nova: novaFacts, prometheus, errors };
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', end);
    }
  };
  const askAhead = (): void => {
    ahead?.end();
    ahead = beginCloud(parts.config());
  };
  return Object.assign(collect, { askAhead });
}
