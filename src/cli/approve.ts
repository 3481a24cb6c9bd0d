// springtide approve: a person's yes to one change of a policy in mode confirm; `--list` shows what waits for one.
import { Option, type Command } from 'commander';
import { systemClock } from '../clock.ts';
import type { Approval, Proposal } from '../model/approval.ts';
import { SpringtideError } from '../model/errors.ts';
import { fillText, languages, type Language, type Texts } from '../model/texts.ts';
import { instantOf, later, minutes, rfc3339, type Instant } from '../model/units.ts';
import { approvalLasts, isInForce, sameId } from '../policies/proposals.ts';
import { openSwitch, userName, type Switch } from './switch.ts';

interface ApproveOptions {
  readonly config: string;
  readonly list?: true;
  readonly by?: string;
  readonly output: 'text' | 'json';
  readonly lang?: Language;
}

export function registerApprove(program: Command): void {
  program
    .command('approve')
    .description('allow one change of a policy in mode confirm: exactly that one, once, within 15 minutes')
    .argument('[plan]', 'the name of the change, as the alert, the plan and --list have it')
    .option('--list', 'what waits for a yes')
    .option('--by <name>', 'who allows it (default: the user at the keyboard)')
    .option('-c, --config <directory>', "the daemon's configuration directory", 'config')
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'))
    .addOption(new Option('--lang <language>', 'language of the sentences').choices([...languages]))
    .addHelpText('after', '\nExit codes: 0 ok, 2 bad input: also where no such change waits.')
    .action(approve);
}

const usage = (what: string, mend: string): SpringtideError =>
  new SpringtideError({ code: 'UsageInvalid', where: 'approve', what, mend });

const whatOf = ({ from, to, remove }: Proposal, texts: Texts): string => {
  const node = remove.map(({ node: name, serverId }) => `${name} (${serverId})`).join(', ');
  return fillText(texts, remove.length === 0 ? 'cli.approve.change' : 'cli.approve.removing', { from, to, node });
};

const factsOf = (proposal: Proposal, texts: Texts): Readonly<Record<string, string>> => ({
  plan: proposal.id,
  subject: proposal.subject,
  what: whatOf(proposal, texts),
});

/** Ticks come every few seconds: older than that nobody decides. */
const freshFor = minutes(5);

function sayAge({ texts }: Switch, lastTick: Instant | null, now: Instant): void {
  if (lastTick === null || now - lastTick < freshFor) return;
  process.stderr.write(`springtide: ${fillText(texts, 'cli.approve.old', { at: rfc3339(lastTick) })}\n`);
}

function list(waiting: readonly Proposal[], approvals: readonly Approval[], texts: Texts, now: Instant): string {
  const allowed = approvals.filter((one) => isInForce(one, now));
  const lines = waiting.map((proposal) => fillText(texts, 'cli.approve.waiting', factsOf(proposal, texts)));
  const given = allowed.map(
    (one) =>
      `${fillText(texts, 'cli.approve.waiting', factsOf(one, texts))}; ${fillText(texts, 'cli.approve.allowed', { by: one.by, at: one.at })}`,
  );
  return [...(lines.length === 0 ? [fillText(texts, 'cli.approve.none')] : lines), ...given].join('\n');
}

async function approve(plan: string | undefined, options: ApproveOptions): Promise<void> {
  if ((plan === undefined) === (options.list === undefined))
    throw usage('it is not said what is to be done', 'name a plan, or write --list');
  const now = systemClock.now();
  const { output } = options;
  const opened = await openSwitch(options.config, options.lang);
  const { home, texts, control, proposals } = opened;
  const { asked, lastTick } = await proposals();
  const waiting = Object.values(asked);
  const approvals = control?.approvals ?? [];
  sayAge(opened, lastTick, now);
  if (plan === undefined) {
    const text =
      output === 'json' ? JSON.stringify({ waiting, approvals }, null, 2) : list(waiting, approvals, texts, now);
    process.stdout.write(`${text}\n`);
    return;
  }
  const proposal = waiting.find(({ id }) => sameId(id, plan));
  if (proposal === undefined)
    throw usage(
      `no change of the name ${plan} waits for a yes`,
      'see `springtide approve --list`: a larger change has another name, and one that is not wanted any more has none',
    );
  const by = options.by?.trim() ?? userName();
  const approval: Approval = { ...proposal, by, at: rfc3339(now) };
  const { place } = await home.approve(approval);
  const until = rfc3339(later(instantOf(approval.at) ?? now, approvalLasts));
  const lines =
    output === 'json'
      ? [JSON.stringify(approval, null, 2)]
      : [
          fillText(texts, 'cli.approve.done', { ...factsOf(proposal, texts), by }),
          fillText(texts, 'cli.approve.written', { what: place, until }),
        ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
