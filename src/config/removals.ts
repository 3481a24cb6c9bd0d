// Many policies that are gone at once look like an accident: they stay in force until a person says that it is meant.
import { claimNames, type Entry } from './conflicts.ts';
import { fileProblem, type Problem } from './problem.ts';

const mostRemoved = 0.1;

const isPolicy = ({ accepted }: Entry): boolean => accepted?.kind === 'PodPolicy' || accepted?.kind === 'NodePolicy';

/** The policies that stay although they are gone. One whose target or groups another policy has taken over is not lost. */
export function heldRemovals(
  previous: readonly Entry[],
  entries: readonly Entry[],
  kept: readonly Entry[],
): readonly Entry[] {
  const here = new Set([...entries, ...kept].map(({ key }) => key));
  const claimed = new Set(entries.filter(({ accepted }) => accepted !== null).flatMap(claimNames));
  const policies = previous.filter(isPolicy);
  const lost = policies.filter(
    (entry) => !here.has(entry.key) && !claimNames(entry).some((claim) => claimed.has(claim)),
  );
  return lost.length > policies.length * mostRemoved ? lost : [];
}

const mostNamed = 5;

export function removalProblem(held: readonly Entry[], previous: readonly Entry[], hash: string): Problem {
  const names = held.map(({ source: { name } }) => [name?.namespace, name?.name].filter(Boolean).join('/'));
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
  return fileProblem(
    held[0]?.source.file ?? '.',
    'ManyRemoved',
    'error',
    `${held.length} of ${previous.filter(isPolicy).length} policies are gone at once: ${names.slice(0, mostNamed).join(', ')}${more}; they stay in force`,
    `springtide reload --confirm ${hash} if that is meant, else put them back`,
  );
}
