// What a pod asks of a node: containers, init containers, sidecars and overhead, as the scheduler sums them.
import { quantityOf } from '../quantity.ts';
import type { Container, PodSpec } from '../objects.ts';

export type Amounts = Record<string, number>;

const add = (into: Amounts, from: Readonly<Amounts>): void => {
  for (const [name, amount] of Object.entries(from)) into[name] = exact((into[name] ?? 0) + amount);
};
const atLeast = (into: Amounts, floor: Readonly<Amounts>): void => {
  for (const [name, amount] of Object.entries(floor)) into[name] = Math.max(into[name] ?? 0, amount);
};
/** Sums of millicores stay multiples of a millicore. */
export const exact = (amount: number): number => Math.round(amount * 1e6) / 1e6;

const requestsOf = (container: Container): Amounts =>
  Object.fromEntries(
    Object.entries(container.resources?.requests ?? {}).map(([name, value]) => [name, quantityOf(value)]),
  );

export function podRequests(spec: PodSpec): Amounts {
  const running: Amounts = {};
  for (const container of spec.containers) add(running, requestsOf(container));
  const sidecars: Amounts = {};
  const starting: Amounts = {};
  for (const container of spec.initContainers ?? []) {
    const asked = requestsOf(container);
    // a sidecar stays, so it counts beside the containers and beside every later init container
    if (container.restartPolicy === 'Always') add(sidecars, asked);
    const together = { ...sidecars };
    if (container.restartPolicy !== 'Always') add(together, asked);
    atLeast(starting, together);
  }
  add(running, sidecars);
  atLeast(running, starting);
  for (const [name, value] of Object.entries(spec.overhead ?? {})) add(running, { [name]: quantityOf(value) });
  return running;
}
