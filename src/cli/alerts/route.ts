// springtide alerts route: which routes an alert takes, to which receivers they lead, and whom those tell.
import type { LabelSet } from '../../alerts/alert.ts';
import { integrationsOf, type Integration } from '../../alerts/integrations.ts';
import { Muting } from '../../alerts/muting.ts';
import { buildRoutes, routesOf, type Route } from '../../alerts/route.ts';
import { loadConfigOrThrow } from '../../config/load.ts';
import { printMatcher } from '../../matching/matchers.ts';
import type { Config } from '../../model/config.ts';
import { fillText, type Language } from '../../model/texts.ts';
import type { Instant } from '../../model/units.ts';
import { usage, type Surroundings } from '../alerts-live/daemon.ts';
import { linesText, matchersOf, recipientText } from '../alerts-live/words.ts';
import { spanText } from '../explain/times.ts';

interface RouteOptions {
  readonly config: string;
  readonly output: 'json' | 'text';
  readonly lang?: Language;
}

export async function route(
  written: readonly string[],
  { config: directory, output, lang }: RouteOptions,
  { clock, print }: Pick<Surroundings, 'clock' | 'print'>,
): Promise<void> {
  const own = labelsIn(written);
  const config = await loadConfigOrThrow(directory, lang === undefined ? {} : { language: lang });
  const { alerts } = config;
  const root = buildRoutes(alerts.route);
  const taken = routesOf(root, labelsOf(alerts.global.labels, own));
  const lines =
    output === 'json'
      ? [JSON.stringify(taken.map(inJson), null, 2)]
      : taken.flatMap((one) => inText(one, root, config, clock.now()));
  print(linesText(lines));
}

/** Written as matchers are, quotes and all; an alert has one value of each. */
const labelsIn = (written: readonly string[]): LabelSet =>
  Object.fromEntries(
    matchersOf(written, 'write LABEL=VALUE: severity=page').map(({ name, operator, value }) => {
      if (operator === '=') return [name, value];
      throw usage(
        `${name}${operator} is no label of an alert`,
        'write LABEL=VALUE, as the alert has it: severity=page',
      );
    }),
  );

/** As the pipeline sees it: the labels of the configuration beneath its own, empty ones are none. */
const labelsOf = (beneath: LabelSet, own: LabelSet): LabelSet =>
  Object.fromEntries(Object.entries({ ...beneath, ...own }).filter(([, value]) => value !== ''));

const inJson = ({ receiver, path, continue: goesOn }: Route) => ({ receiver, route: path, continue: goesOn });

/** `duty  by {severity="page"} / {team="pay"}  [0, 1]`, and beneath whom it tells. */
function inText(taken: Route, root: Route, config: Config, now: Instant): string[] {
  const { receiver, path, continue: goesOn } = taken;
  const say = sayIn(config);
  const steps: string[] = [];
  let here: Route | undefined = root;
  for (const index of path) {
    here = here?.routes[index];
    steps.push(`{${(here?.matchers ?? []).map((matcher) => printMatcher(matcher)).join(', ')}}`);
  }
  const way = steps.length === 0 ? say('root') : steps.join(' / ');
  const head = say('way', { receiver, way, path: `[${path.join(', ')}]` });
  const hours = new Muting(config.alerts, [], []).hoursOf([taken], now);
  return [
    `${head}${goesOn ? say('goesOn') : ''}`,
    ...(hours.length === 0 ? [] : [`    ${say('hours', { names: hours.join(', ') })}`]),
    ...peopleLines(receiver, config, now).map((line) => `    ${line}`),
  ];
}

type Say = (code: string, facts?: Readonly<Record<string, string | number>>) => string;
const sayIn =
  ({ texts }: Config): Say =>
  (code, facts = {}) =>
    fillText(texts, `cli.alerts.route.${code}`, facts);

const named = ({ channel, to }: Integration): string => to.map((one) => recipientText(channel, one)).join(', ');

/** At once, step by step, and where nobody of them can be reached. */
function peopleLines(name: string, config: Config, now: Instant): string[] {
  const say = sayIn(config);
  const { receivers } = config.alerts;
  const all = integrationsOf(config.alerts, name, now).filter(({ to }) => to.length > 0);
  const told = all.flatMap((one): string[] => {
    const { role } = one;
    switch (role.kind) {
      case 'always':
        return [named(one)];
      case 'step': {
        const escalation = receivers.find((receiver) => receiver.name === one.receiver)?.escalation;
        const after = escalation?.[role.step]?.unacknowledgedFor;
        const facts = { step: role.step + 1, who: named(one) };
        return [after === undefined ? say('step', facts) : say('later', { ...facts, span: spanText(after) })];
      }
      case 'overflow':
      case 'gone':
        return [];
    }
  });
  const { fallback } = receivers.find((receiver) => receiver.name === name) ?? {};
  return [
    ...(told.length === 0 ? [say('nobody')] : told),
    ...(fallback === undefined ? [] : [say('fallback', { receiver: fallback.receiver })]),
  ];
}
