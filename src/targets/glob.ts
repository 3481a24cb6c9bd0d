// Names and patterns with *: the one wildcard that namespaces and overrides know.

export const isPattern = (text: string): boolean => text.includes('*');

/** Linear in the length of the name, whatever the pattern. */
export function globMatches(pattern: string, name: string): boolean {
  const [first = '', ...parts] = pattern.split('*');
  const last = parts.pop();
  if (last === undefined) return pattern === name;
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false;
  const end = name.length - last.length;
  let from = first.length;
  for (const part of parts) {
    const found = name.indexOf(part, from);
    if (found < 0 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}

/** Any of the names and patterns; plain names are looked up at once. */
export function anyOf(patterns: readonly string[]): (name: string) => boolean {
  const names = new Set(patterns.filter((pattern) => !isPattern(pattern)));
  const globs = patterns.filter(isPattern);
  return (name) => names.has(name) || globs.some((glob) => globMatches(glob, name));
}
