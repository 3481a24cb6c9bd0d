// Filling a gateway's templates, and reading a value out of its answer by a dotted path.

export type Escaping = 'json' | 'form' | 'xml' | 'none';

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

const escaped: Readonly<Record<Escaping, (text: string) => string>> = {
  json: (text) => JSON.stringify(text).slice(1, -1),
  form: (text) => encodeURIComponent(text),
  xml: (text) => text.replace(/[&<>"']/g, (character) => escapes[character] ?? character),
  none: (text) => text,
};

export function escapingFor(contentType: string): Escaping {
  const type = contentType.toLowerCase();
  if (type.includes('json')) return 'json';
  if (type.includes('x-www-form-urlencoded')) return 'form';
  return type.includes('xml') ? 'xml' : 'none';
}

type Place = 'to' | 'text' | 'id' | 'code';

/** {{name}}, in one pass: what is filled in is not looked at again. */
export const fillTemplate = (template: string, values: Readonly<Record<Place, string>>, escaping: Escaping): string =>
  template.replace(/\{\{\s*(to|text|id|code)\s*\}\}/g, (_place, name: Place) =>
    // half a character stands in no address, and in no file of UTF-8
    escaped[escaping](values[name].replace(/\p{Surrogate}/gu, '\ufffd')),
  );

/** `data.items.0.id`, `$.data.items[0].id`; undefined where the way ends early. */
export function valueAt(value: unknown, path: string): unknown {
  const steps = path
    .replace(/^\$\.?/, '')
    .replace(/\[(\d+)\]/g, '.$1')
    .split('.')
    .filter((step) => step !== '');
  return steps.reduce<unknown>((inner, step) => {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, step)) return undefined;
    return (inner as Readonly<Record<string, unknown>>)[step];
  }, value);
}

export const scalar = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;

const stringsAndLongNumbers = /"(?:[^"\\]|\\.)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;

/** Undefined where it is no JSON. Numbers that a double does not hold are texts: gateways count their messages so. */
export function parsedJson(text: string): unknown {
  const whole = text.replace(stringsAndLongNumbers, (found) => (found.startsWith('"') ? found : `"${found}"`));
  try {
    return JSON.parse(whole) as unknown;
  } catch {
    return undefined;
  }
}
