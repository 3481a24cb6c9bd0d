// Names that a PodPolicy takes, made from names that others gave.

/** Words that a formula reads as something else. */
const reserved = new Set(['min', 'max', 'last']);

const valid = (name: string): string => {
  const word = name.replace(/[^a-zA-Z0-9_]+/g, '_').replace(/^(?=\d)/, '_');
  if (word === '' || /^_+$/.test(word)) return 'metric';
  return reserved.has(word) ? `${word}_value` : word;
};

/** Hands out names of one list of a policy: valid, and each only once. */
export function uniqueNames(...already: readonly string[]): (wanted: string) => string {
  const taken = new Set(already);
  return (wanted) => {
    const base = valid(wanted);
    let name = base;
    for (let count = 2; taken.has(name); count += 1) name = `${base}_${count}`;
    taken.add(name);
    return name;
  };
}

/** As Kubernetes takes it as the name of an object. */
export const isObjectName = (name: string): boolean =>
  name.length <= 253 && /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/.test(name);

/** The name, or the name with a number where the policy of another object has it. */
export function freeName(wanted: string, isTaken: (name: string) => boolean): string {
  let name = wanted;
  for (let count = 2; isTaken(name); count += 1) name = `${wanted}-${count}`;
  return name;
}
