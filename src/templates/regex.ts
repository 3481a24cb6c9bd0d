// Regular expressions in templates: RE2's syntax and time, Go's replacement texts.
import { RE2JS } from 're2js';
import { CallError } from './template-error.ts';

const compiled = new Map<string, RE2JS>();
const mostCompiled = 200;

function regexOf(pattern: string): RE2JS {
  let regex = compiled.get(pattern);
  if (regex === undefined) {
    try {
      regex = RE2JS.compile(pattern);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new CallError(`${JSON.stringify(pattern)} is no regular expression: ${why}`);
    }
    if (compiled.size >= mostCompiled) compiled.clear();
    compiled.set(pattern, regex);
  }
  return regex;
}

export const matches = (pattern: string, text: string): boolean => regexOf(pattern).matcher(text).find();

const longest = 1 << 20;

/** `$1`, `$name` and `${name}` stand for groups; `$$` for a dollar. */
export function replaced(pattern: string, replacement: string, text: string, onMatch: () => void): string {
  const regex = regexOf(pattern);
  const names = regex.namedGroups();
  const matcher = regex.matcher(text);
  const count = matcher.groupCount();
  const groupOf = (name: string): string => {
    const index = /^\d+$/.test(name) ? Number(name) : Object.hasOwn(names, name) ? names[name] : undefined;
    return index === undefined || index > count ? '' : (matcher.group(index) ?? '');
  };
  const expanded = (): string =>
    replacement.replace(
      /\$(?:\$|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu,
      (whole, bare?: string, braced?: string) => (whole === '$$' ? '$' : groupOf(bare ?? braced ?? '')),
    );
  let result = '';
  let done = 0;
  let ended = -1;
  while (matcher.find()) {
    onMatch();
    const [start, end] = [matcher.start(), matcher.end()];
    // nothing, right behind the match before, is no match of its own
    if (start === end && start === ended) continue;
    result += text.slice(done, start) + expanded();
    if (result.length > longest) throw new CallError('the text grows beyond 1 MiB');
    done = end;
    ended = end;
  }
  return result + text.slice(done);
}
