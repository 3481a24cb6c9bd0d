// How the page behind a link looks: one column for a telephone, light and dark, no script.
import type { Texts } from '../../model/texts.ts';

const style = `:root{color-scheme:light dark;--page:#f4f6f8;--card:#fff;--ink:#101828;--quiet:#5b6675;--edge:#98a2b3;--act:#175cd3}
@media(prefers-color-scheme:dark){:root{--page:#101418;--card:#1b2128;--ink:#e6e9ee;--quiet:#9aa4b2;--edge:#5b6675;--act:#2f6fe0}}
*{box-sizing:border-box}
body{margin:0;padding:1rem;background:var(--page);color:var(--ink);font:17px/1.5 system-ui,-apple-system,"PingFang SC","Microsoft YaHei",sans-serif}
main{max-width:26rem;margin:8vh auto 0;padding:1.4rem;background:var(--card);border-radius:.8rem}
h1{font-size:1.35rem;line-height:1.3;margin:0 0 .8rem;overflow-wrap:anywhere}
label{display:block;margin:.9rem 0 0;color:var(--quiet);font-size:.9rem}
input,select,button{font:inherit;width:100%;min-height:3rem;padding:.6rem .8rem;margin:.3rem 0 0;border-radius:.5rem;border:1px solid var(--edge);background:transparent;color:inherit}
select option{background:var(--card)}
input.code{font:600 1.4rem ui-monospace,monospace;letter-spacing:.12em}
button{margin-top:1.2rem;background:var(--act);color:#fff;border:0;font-weight:600;cursor:pointer}
p{margin:.4rem 0 0;color:var(--quiet)}
p.wrong{color:inherit;border-left:4px solid #d92d20;padding-left:.7rem}
:focus-visible{outline:3px solid var(--act);outline-offset:2px}`;

export const contentSecurityPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0) ?? 0};`);

/** `body` is HTML. */
export const htmlPage = (title: string, body: string, { language }: Texts): string =>
  `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">` +
  `<title>${escaped(title)}</title><style>${style}</style></head><body><main><h1>${escaped(title)}</h1>${body}</main></body></html>`;
