// Reads what springtide simulate is given, plays it, and prints what came of it.
import { writeFile } from 'node:fs/promises';
import { systemClock } from '../clock.ts';
import { createPrometheusClient } from '../clients/prometheus/client.ts';
import { loadConfigOrThrow } from '../config/load.ts';
import { instant, parseDuration } from '../config/schema/scalars.ts';
import { messageOf, SpringtideError } from '../model/errors.ts';
import type { Language } from '../model/texts.ts';
import type { Instant } from '../model/units.ts';
import { backtest, judgeDone, oracleBill, settingOf, type Run, type Setting } from '../simulate/backtest/backtest.ts';
import { readHistory, type History } from '../simulate/backtest/history.ts';
import { loadPolicies } from '../simulate/backtest/policy-file.ts';
import { reportPage } from '../simulate/backtest/page.ts';
import { printed, reportOf } from '../simulate/backtest/report.ts';
import { reportText } from '../simulate/backtest/report-text.ts';
import { subjectOf, type Subject } from '../simulate/backtest/subject.ts';
import { suggestionsFor } from '../simulate/backtest/suggest.ts';
import { readTrace } from '../simulate/backtest/trace.ts';
import { readWorld, usualWorld, type WorldSettings } from '../simulate/backtest/world-settings.ts';
import { fileText } from './file-text.ts';

export interface SimulateOptions {
  readonly policy: string;
  readonly name?: string;
  readonly metric?: string;
  readonly target?: string;
  readonly from: string;
  readonly query?: string;
  readonly config: string;
  readonly trace?: string;
  readonly start?: string;
  readonly world?: string;
  readonly step?: string;
  readonly compare?: string;
  readonly suggest?: true;
  readonly html?: string;
  readonly output: 'text' | 'json';
  readonly lang?: Language;
}

const usage = (where: string, what: string, mend: string): SpringtideError =>
  new SpringtideError({ code: 'UsageInvalid', where, what, mend });

async function textIn(file: string, option: string): Promise<string> {
  try {
    return await fileText(file);
  } catch (thrown) {
    throw usage(file, `it cannot be read: ${messageOf(thrown)}`, `name a file with ${option} FILE`);
  }
}

async function worldOf({ world, step }: SimulateOptions): Promise<WorldSettings> {
  const read = world === undefined ? usualWorld : readWorld(await textIn(world, '--world'), world);
  if (step === undefined) return read;
  const length = parseDuration(step);
  if (length === null || length < 1000 || length > 3_600_000 || length % 1000 !== 0)
    throw usage('--step', `"${step}" is no step`, 'write 15s: from 1s to 1h, whole seconds');
  return { ...read, step: length / 1000 };
}

function startOf(text: string | undefined): Instant | null {
  if (text === undefined) return null;
  const read = instant.safeParse(text);
  if (read.success) return read.data;
  throw usage('--start', `"${text}" is no instant`, 'write it as 2026-11-20T08:00:00Z');
}

async function subjectIn(file: string, { name, metric, target, lang }: SimulateOptions): Promise<Subject> {
  if (target !== undefined && !/^[^/]+\/[^/]+$/.test(target))
    throw usage('--target', `"${target}" names no target`, 'write NAMESPACE/NAME');
  const choice = {
    file,
    ...(name !== undefined && { policy: name }),
    ...(metric !== undefined && { metric }),
    ...(target !== undefined && { target }),
  };
  return subjectOf(await loadPolicies(file, lang), choice);
}

async function pastOf(options: SimulateOptions, subject: Subject, { step }: WorldSettings): Promise<History> {
  const { trace, from, query, config } = options;
  if (trace !== undefined)
    return { trace: readTrace(await textIn(trace, '--trace'), trace), replicas: null, notes: [] };
  const length = parseDuration(from);
  if (length === null || length < 2 * step * 1000)
    throw usage('--from', `"${from}" is no length of a history`, 'write 14d, or 6h');
  const { daemon } = await loadConfigOrThrow(config);
  const end = Math.floor(systemClock.now() / 1000 / step) * step;
  const source = createPrometheusClient({ settings: daemon.prometheus });
  try {
    return await readHistory(subject, {
      source,
      span: { start: end - Math.floor(length / 1000 / step) * step, end, step },
      signal: new AbortController().signal,
      progress: progressOf('Prometheus'),
      ...(query !== undefined && { query }),
    });
  } finally {
    source.close();
  }
}

/** Below this nobody wonders whether it still lives. */
const quietFor = 2_000;

/** On standard error, and only where somebody watches it. */
function progressOf(what: string): (share: number) => void {
  if (!process.stderr.isTTY) return () => undefined;
  const began = performance.now();
  return (share) => {
    if (performance.now() - began < quietFor) return;
    process.stderr.write(share >= 1 ? '\r\u001b[K' : `\r${what}: ${Math.floor(share * 100)} %\u001b[K`);
  };
}

function played(setting: Setting, subject: Subject): Run {
  const progress = progressOf(subject.policy.metadata.name);
  const run = backtest(setting, subject, progress);
  progress(1);
  return run;
}

export async function simulate(options: SimulateOptions): Promise<void> {
  const subject = await subjectIn(options.policy, options);
  const other = options.compare === undefined ? null : await subjectIn(options.compare, options);
  const world = await worldOf(options);
  const past = await pastOf(options, subject, world);
  const setting = settingOf(subject, past.trace, world, startOf(options.start));
  const runs = [subject, ...(other === null ? [] : [other])].map((one) => played(setting, one));
  const suggestions =
    options.suggest === true ? suggestionsFor(setting, subject, (variant) => played(setting, variant.subject)) : [];
  const oracle = oracleBill(setting, subject);
  const wasDone = past.replicas === null ? null : printed(judgeDone(setting, subject, past.replicas));
  const report = reportOf(setting, runs, oracle, { wasDone, suggestions, notes: past.notes });
  const { texts } = subject.config;
  if (options.html !== undefined) await writePage(options.html, reportPage(report, runs, { setting, oracle, texts }));
  process.stdout.write(options.output === 'json' ? `${JSON.stringify(report, null, 2)}\n` : reportText(report, texts));
}

async function writePage(file: string, page: string): Promise<void> {
  try {
    await writeFile(file, page);
  } catch (thrown) {
    throw usage(
      '--html',
      `${file} cannot be written: ${messageOf(thrown)}`,
      'name a file in a directory that is there',
    );
  }
}
