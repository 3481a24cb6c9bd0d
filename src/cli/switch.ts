// What `stop` and `release` share: the place that the daemon reads the switch from, and how a switch is told.
import { userInfo } from 'node:os';
import { loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import { SpringtideError } from '../model/errors.ts';
import type { ProposalMemory } from '../model/memory.ts';
import type { ControlFacts } from '../model/snapshot.ts';
import { fillText, type Language, type Texts } from '../model/texts.ts';
import { instantOf, type Instant } from '../model/units.ts';
import { openStateHomes, type CommandHomes } from './state-homes.ts';

export interface Switch {
  readonly home: CommandHomes['control'];
  readonly texts: Texts;
  /** what is switched now; null: nothing ever was */
  readonly control: ControlFacts | null;
  /** what waits for a yes, as the daemon has kept it last */
  readonly proposals: () => Promise<Asking>;
}

export interface Asking {
  readonly asked: ProposalMemory['asked'];
  readonly lastTick: Instant | null;
}

const say = (text: string): void => {
  process.stderr.write(`springtide: ${text}\n`);
};

/** An emergency must not fail on a mistake in some policy: all that is needed is the Daemon's own document. */
export async function openSwitch(directory: string, language: Language | undefined): Promise<Switch> {
  const { config, problems } = await loadConfig(directory, language === undefined ? {} : { language });
  if (config === null)
    throw new SpringtideError({
      code: 'ConfigInvalid',
      where: directory,
      what: `there is no Daemon document that says where its state is\n${problems.map(formatProblem).join('\n')}`,
      mend: "name the daemon's own configuration with --config DIR",
    });
  const { texts } = config;
  const homes = await openStateHomes(config.daemon);
  const home = homes.control;
  if (!(await homes.isUsed())) say(fillText(texts, 'cli.stop.noDaemon', { what: homes.where }));
  const { control, damage } = await home.read();
  if (damage !== null) say(fillText(texts, 'cli.stop.damaged', { what: damage }));
  const proposals = async (): Promise<Asking> => {
    const { proposals: kept, lastTick } = await homes.memory();
    return { asked: kept?.asked ?? {}, lastTick };
  };
  return { home, texts, control, proposals };
}

/** Who is at the keyboard, where nobody says it. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}

/** The switch as far as it still holds something; null: nothing is off. */
export function standing(control: ControlFacts | null | undefined, now: Instant): ControlFacts | null {
  if (control === null || control === undefined || control.off.length === 0) return null;
  const until = instantOf(control.until);
  return until === null || now < until ? control : null;
}

export const waysText = (off: ControlFacts['off'], texts: Texts): string =>
  off.map((way) => fillText(texts, `cli.stop.way.${way}`)).join(', ');

const untilText = ({ until }: ControlFacts, texts: Texts): string =>
  until === null ? fillText(texts, 'cli.stop.untilReleased') : fillText(texts, 'cli.until', { until });

/** "Off: lowering replicas, until 2026-…, by wei: a load test" */
export const switchText = (control: ControlFacts, texts: Texts): string =>
  fillText(texts, 'cli.stop.standing', {
    what: waysText(control.off, texts),
    until: untilText(control, texts),
    by: control.by,
    why: control.why,
  });
