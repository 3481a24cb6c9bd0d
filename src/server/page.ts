// The built page as static files; where it was never built, a plain text that says how to get it and what else is here.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type Express } from 'express';

const here = import.meta.url;
/** From the sources as from the built product, the same directory. */
const builtPage = fileURLToPath(new URL(here.endsWith('.ts') ? '../../dist/web' : '../web', here));

const instead = `springtide runs, but its page is not built: npm run build

What it would show is here as JSON:
  /api/v1/view      both tiers, the last decisions, messages
  /api/v1/plan      the newest plan
  /api/v1/events    the same, live
  /metrics /healthz /readyz
`;

export function pageRoutes(app: Express, directory = builtPage): void {
  const index = path.join(directory, 'index.html');
  app.get('/', (_request, response) => {
    response.set('Cache-Control', 'no-cache');
    if (existsSync(index)) response.sendFile('index.html', { root: directory, cacheControl: false });
    else response.type('text/plain').send(instead);
  });
  // Names of assets carry a hash of what is in them.
  app.use('/assets', express.static(path.join(directory, 'assets'), { index: false, immutable: true, maxAge: '365d' }));
  app.use(express.static(directory, { index: false, maxAge: 0, dotfiles: 'ignore' }));
}
