// springtide simulate: what a policy would have done over a trace or over Prometheus' history, and what that would have cost.
import { Option, type Command } from 'commander';
import { languages } from '../model/texts.ts';
import type { SimulateOptions } from './simulate-run.ts';

export function registerSimulate(program: Command): void {
  program
    .command('simulate')
    .description(
      'play a policy over the past: what it would have done, beside what was done and the cheapest there could be',
    )
    .requiredOption('-p, --policy <file>', 'a file with a PodPolicy (and a NodePolicy), or a configuration directory')
    .option('--name <policy>', 'the PodPolicy that is played, where the file has several: NAMESPACE/NAME')
    .option('--metric <name>', 'the metric that the trace stands for (default: the first query of the policy)')
    .option('--target <target>', 'the one of many targets that is played: NAMESPACE/NAME')
    .option('--from <duration>', "how far back Prometheus' history is played, where there is no --trace", '14d')
    .option('--query <promql>', 'the load in that history, in place of the query of the metric')
    .option('-c, --config <directory>', 'the configuration directory that says where Prometheus is', 'config')
    .option('--trace <file>', 'TIME,VALUE lines; a time is seconds, or RFC 3339')
    .option('--start <instant>', 'when a trace began whose times are seconds from its beginning')
    .option('--world <file>', 'how fast pods and VMs come, as JSON (docs/schema/world.json)')
    .option('--step <duration>', 'from tick to tick (default 15s)')
    .option('--compare <file>', 'another policy beside it')
    .option('--suggest', 'also other targets and a forecast, and what each would have cost')
    .option('--html <file>', 'also write one page with the plots')
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'))
    .addOption(new Option('--lang <language>', 'language of the sentences').choices([...languages]))
    .addHelpText('after', '\nExit codes: 0 ok, 2 bad input (with what to mend), 3 the world could not be read.')
    .action(async (options: SimulateOptions) => {
      const { simulate } = await import('./simulate-run.ts');
      await simulate(options);
    });
}
