// springtide alerts oncall: who is on duty and who comes next, from the configuration alone.
import type { Command } from 'commander';
import { turnsFrom, type Rota } from '../../alerts/on-call.ts';
import { loadConfigOrThrow } from '../../config/load.ts';
import { instant } from '../../config/schema/scalars.ts';
import { rfc3339, type Instant } from '../../model/units.ts';
import { Times } from '../explain/times.ts';
import { usage, withOutputOptions, type DaemonOptions, type Surroundings } from './daemon.ts';
import { jsonText, linesText, voiceOf, type Voice } from './words.ts';
import type { Texts } from '../../model/texts.ts';

interface OnCallOptions extends DaemonOptions {
  readonly at?: string;
}

const shownTurns = 5;

export function addOnCall(alerts: Command, around: Surroundings): void {
  withOutputOptions(
    alerts
      .command('oncall')
      .description('who is on duty and the next turns; from the configuration alone, in the zone of each rota')
      .argument('[rota]', 'one of them (default: all)')
      .option('--at <instant>', 'at another time: 2026-12-24T20:00:00+08:00'),
  ).action((name: string | undefined, options: OnCallOptions) => onCall(name, options, around));
}

async function onCall(name: string | undefined, options: OnCallOptions, around: Surroundings): Promise<void> {
  const { clock, print } = around;
  const at = options.at === undefined ? clock.now() : instantAsked(options.at);
  const config = await loadConfigOrThrow(options.config, options.lang === undefined ? {} : { language: options.lang });
  const all = config.alerts.oncall;
  const rotas = all.filter((rota) => name === undefined || rota.name === name);
  if (name !== undefined && rotas.length === 0)
    throw usage(`there is no rota "${name}"`, all.length === 0 ? 'alerts.yaml has no oncall' : known(all));
  const turns = rotas.map((rota) => ({ rota, turns: turnsFrom(rota, at, shownTurns) }));
  if (options.output === 'json')
    print(
      jsonText(
        turns.map(({ rota, turns: list }) => ({
          rota: rota.name,
          timeZone: rota.timeZone,
          turns: list.map(({ who, from, until }) => ({
            who,
            from: rfc3339(from),
            until: until === null ? null : rfc3339(until),
          })),
        })),
      ),
    );
  else {
    const voice = voiceOf(config.texts, options, at);
    const lines = rotas.flatMap((rota) => rotaLines(rota, at, voice, config.texts));
    print(linesText(lines.length === 0 ? [voice.say('oncall.none')] : lines));
  }
}

const known = (rotas: readonly Rota[]): string => `one of ${rotas.map(({ name }) => name).join(', ')}`;

function instantAsked(text: string): Instant {
  const read = instant.safeParse(text);
  if (read.success) return read.data;
  throw usage(`--at "${text}" is no instant`, 'write --at 2026-12-24T20:00:00+08:00');
}

function rotaLines(rota: Rota, at: Instant, { say }: Voice, texts: Texts): string[] {
  const times = new Times(rota.timeZone, at, texts);
  return [
    say('oncall.rota', { rota: rota.name, zone: rota.timeZone }),
    ...turnsFrom(rota, at, shownTurns).map(({ who, from, until }, index) => {
      const facts = { who, from: times.whole(from), until: until === null ? '-' : times.whole(until) };
      return `  ${index === 0 ? '*' : ' '} ${say('oncall.turn', facts)}`;
    }),
  ];
}
