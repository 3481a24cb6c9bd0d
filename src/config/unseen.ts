// Secrets that stand in a configuration file all the same: told where, never told what.
import type { ProblemPath } from './problem.ts';

const secretWord = '(?:password|passwd|secret|token|credentials|bearer|api[-_]?key|secret[-_]?key|authorization)';
const secretKey = new RegExp(`${secretWord}$`, 'i');
/** key: value, in a block or in braces; what opens a mapping, a list or a block of its own is no value */
const pairs = new RegExp(
  `((?:^|[\\s{,])["']?[\\w.-]*${secretWord}["']?\\s*:\\s+)("[^"]*"|'[^']*'|[^\\s,}#{[|>&*][^,}#]*)`,
  'gi',
);
const lists = /((?:^|[\s{,])["']?(?:secrets|values)["']?\s*:\s*\[)([^\]]*)/gi;
/** A password that was not escaped may hold `/` and `@`; without its slashes an address is refused, and still one. */
const userinfo = /((?:https?:|[a-z][a-z0-9+.-]*:\/\/)\/*)([^/\s"'@:]*:[^\s"']+|[^/\s"'@]+)(?=@)/gi;

const starred = (whole: string, before: string, value: string): string =>
  `${before}${value.replace(/[^\s"',]/g, '*')}${whole.slice(before.length + value.length)}`;

/** No person reads such a line, and searching it would take long. */
const longestLine = 10_000;

/** A line of the file as it may be shown: as long as it was, so that a caret still points at its place. */
export const unseenLine = (line: string): string =>
  line.length > longestLine ? '' : line.replace(pairs, starred).replace(lists, starred).replace(userinfo, starred);

/** A sentence about the value at this place: it may say what is wrong with it, not what it is. */
export function unseenMessage(message: string, path: ProblemPath, value: unknown): string {
  const isSecret = path.some((part) => typeof part === 'string' && secretKey.test(part));
  if (!isSecret || typeof value !== 'string' || value.length < 3) return message.replace(userinfo, starred);
  return message.replaceAll(value, '***');
}
