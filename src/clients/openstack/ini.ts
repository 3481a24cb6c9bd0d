// The INI dialect of Kubernetes cloud-config files: sections, quoted values, comments; just what they use.

/** Keys of one section, lower case. A later value replaces an earlier one. */
export function iniSection(text: string, section: string): ReadonlyMap<string, string> | null {
  const found = new Map<string, string>();
  let inside = false;
  let seen = false;
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const head = /^\[\s*([^\]"]+?)\s*(?:"[^"]*")?\s*\]/.exec(line);
    if (head !== null) {
      inside = head[1]?.toLowerCase() === section.toLowerCase();
      seen ||= inside;
      continue;
    }
    if (!inside) continue;
    const equals = line.indexOf('=');
    const key = (equals < 0 ? line : line.slice(0, equals)).trim().toLowerCase();
    found.set(key, equals < 0 ? 'true' : valueOf(line.slice(equals + 1).trim()));
  }
  return seen ? found : null;
}

function valueOf(text: string): string {
  if (!text.startsWith('"')) return text.replace(/\s+[#;].*$/, '');
  let value = '';
  for (let index = 1; index < text.length && text[index] !== '"'; index++) {
    if (text[index] === '\\') index++;
    value += text[index] ?? '';
  }
  return value;
}
