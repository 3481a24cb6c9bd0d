// springtide alerts route: which routes an alert takes, and to whom they lead.
import { buildRoutes, routesOf, type Route } from '../../alerts/route.ts';
import type { LabelSet } from '../../alerts/alert.ts';
import { loadConfigOrThrow } from '../../config/load.ts';
import { printMatcher } from '../../matching/matchers.ts';
import { SpringtideError } from '../../model/errors.ts';

interface RouteOptions {
  readonly config: string;
  readonly output: 'json' | 'text';
}

export async function route(written: readonly string[], { config: directory, output }: RouteOptions): Promise<void> {
  const own = Object.fromEntries(written.map(labelOf));
  const { alerts } = await loadConfigOrThrow(directory);
  const root = buildRoutes(alerts.route);
  const taken = routesOf(root, labelsOf(alerts.global.labels, own));
  const lines =
    output === 'json' ? [JSON.stringify(taken.map(inJson), null, 2)] : taken.map((one) => inText(one, root));
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** As the pipeline sees it: the labels of the configuration beneath its own, empty ones are none. */
const labelsOf = (beneath: LabelSet, own: LabelSet): LabelSet =>
  Object.fromEntries(Object.entries({ ...beneath, ...own }).filter(([, value]) => value !== ''));

function labelOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new SpringtideError({
    code: 'UsageInvalid',
    where: text,
    what: 'it is no label with its value',
    mend: 'write LABEL=VALUE: severity=page',
  });
}

const inJson = ({ receiver, path, continue: goesOn }: Route) => ({ receiver, route: path, continue: goesOn });

/** `duty  {severity="page"} / {team="pay"}  [0, 1]` */
function inText({ receiver, path, continue: goesOn }: Route, root: Route): string {
  const steps: string[] = [];
  let here: Route | undefined = root;
  for (const index of path) {
    here = here?.routes[index];
    steps.push(`{${(here?.matchers ?? []).map((matcher) => printMatcher(matcher)).join(', ')}}`);
  }
  const way = steps.length === 0 ? 'the root' : steps.join(' / ');
  return `${receiver}  by ${way}  [${path.join(', ')}]${goesOn ? ', and on to the next' : ''}`;
}
