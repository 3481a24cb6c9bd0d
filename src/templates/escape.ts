// Escaping for HTML, JavaScript and URLs, as Go's html, js and urlquery do it.

const inHtml: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
  '\0': '\uFFFD',
};
export const htmlEscaped = (text: string): string =>
  // eslint's rule against control characters is about typing errors; this one is meant
  text.replace(/[&<>"']|\0/g, (character) => inHtml[character] ?? character);

const inJs: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};
const unit = (code: number): string => `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
export const jsEscaped = (text: string): string =>
  text.replace(/[\\'"<>&=\p{Cc}\u2028\u2029]/gu, (character) => inJs[character] ?? unit(character.charCodeAt(0)));

/** A text with surrogates that stand alone cannot be written as UTF-8. */
const encoded = (text: string): string => encodeURIComponent(text.replace(/\p{Cs}/gu, '\uFFFD'));

export const queryEscaped = (text: string): string =>
  encoded(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
