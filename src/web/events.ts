// Server-sent events cut out of what the network brings. Pure.

export interface SentEvent {
  readonly name: string;
  readonly data: string;
}

/** What has come so far, cut into whole events, and the rest. Comments are no events. */
export function cutEvents(text: string): { readonly events: readonly SentEvent[]; readonly rest: string } {
  const blocks = text.split('\n\n');
  const rest = blocks.pop() ?? '';
  const events = blocks.flatMap((block) => {
    const lines = block.split('\n');
    const valuesOf = (field: string): string[] =>
      lines.filter((line) => line.startsWith(`${field}:`)).map((line) => line.slice(field.length + 1).trimStart());
    const data = valuesOf('data').join('\n');
    return data === '' ? [] : [{ name: valuesOf('event')[0] ?? 'message', data }];
  });
  return { events, rest };
}
