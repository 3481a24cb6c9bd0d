// {{namespace}} and {{name}} in the strings of a query that is written once for many targets.

export type Placeholder = 'namespace' | 'name';

/** The placeholder that the value is and nothing else; null where it is none. */
export function placeholderOf(value: string): Placeholder | null {
  const found = /^\{\{\s*(namespace|name)\s*\}\}$/.exec(value)?.[1];
  return found === 'namespace' || found === 'name' ? found : null;
}

export const holdsPlaceholder = (value: string): boolean => /\{\{\s*(?:namespace|name)\s*\}\}/.test(value);
