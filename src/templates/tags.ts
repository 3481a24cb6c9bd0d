// Where tags are in a text of HTML, and the text without them.

/** What stands here begins a tag, or ends one. */
export const beginsTag = /^<\/?[A-Za-z]/;

/** Only the text, its references as they are; a tag or a comment that does not end takes the rest with it. */
export function withoutTags(html: string): string {
  let text = '';
  for (let at = 0; at < html.length;) {
    const open = html.indexOf('<', at);
    if (open < 0) return text + html.slice(at);
    const isComment = html.startsWith('<!--', open);
    const isTag = isComment || beginsTag.test(html.slice(open, open + 3));
    text += html.slice(at, isTag ? open : open + 1);
    at = isComment ? endOf(html, '-->', open + 4) : isTag ? endOfTag(html, open) : open + 1;
  }
  return text;
}

function endOf(html: string, what: string, from: number): number {
  const found = html.indexOf(what, from);
  return found < 0 ? html.length : found + what.length;
}

/** A `>` within quotes is of the value. */
function endOfTag(html: string, from: number): number {
  for (let at = from; at < html.length; at += 1) {
    const character = html.charAt(at);
    if (character === '>') return at + 1;
    if (character !== '"' && character !== "'") continue;
    at = html.indexOf(character, at + 1);
    if (at < 0) return html.length;
  }
  return html.length;
}
