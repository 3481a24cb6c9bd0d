// The import rules between the rooms of src/, as an ESLint rule: one table, read by people and by the linter.
import path from 'node:path';

// room -> rooms it may import (itself always). A room that is not named here may import everything.
const mayImport = {
  model: ['config:type', 'formula:type'],
  promql: ['model'],
  formula: ['model'],
  targets: ['model'],
  policies: ['model', 'formula', 'targets'],
  forecasts: ['model', 'formula', 'targets', 'policies'],
  convert: ['model'],
  matching: ['model'],
  templates: ['model'],
  config: ['model', 'promql', 'formula', 'matching', 'templates', 'texts'],
  texts: ['model'],
  clients: ['model'],
  collectors: ['model', 'clients', 'promql', 'targets'],
  actuators: ['model', 'clients'],
  alerts: ['model', 'clients', 'config:type', 'matching', 'policies', 'promql', 'templates', 'texts'],
  audit: ['model', 'actuators'],
  shadow: ['model', 'journal:type'],
  state: ['model', 'clients'],
  leader: ['model', 'clients'],
  server: ['model', 'alerts:type', 'config:type', 'matching', 'texts'],
  deploy: ['model'],
  sandbox: ['model', 'promql'],
  web: ['model:type'],
};
// rooms whose packages are counted: deterministic libraries only
const packagesOf = {
  model: ['zod'],
  policies: ['simple-statistics', 'cron-parser', 're2js'],
  promql: ['@prometheus-io/lezer-promql', '@lezer/common', '@lezer/lr'],
  formula: [],
  convert: [],
  matching: ['re2js'],
  templates: ['re2js'],
  targets: [],
};
// files at the top of src/ that every room may import
const commons = ['clock.ts', 'parallel.ts', 'schemas.ts', 'slices.ts', 'sync-directory.ts', 'write-budget.ts'];

const roomsRule = {
  meta: { type: 'problem', docs: { description: 'imports follow the way of the data' }, schema: [] },
  create(context) {
    const src = path.join(context.cwd, 'src') + path.sep;
    if (!context.filename.startsWith(src)) return {};
    const here = context.filename.slice(src.length).split(path.sep);
    if (here.length === 1 || !(here[0] in mayImport)) return {};
    const room = here[0];
    const check = (node) => {
      const source = node.source?.value;
      if (typeof source !== 'string') return;
      const typeOnly = node.importKind === 'type' || node.exportKind === 'type';
      if (!source.startsWith('.')) {
        const allowed = packagesOf[room];
        if (allowed && !allowed.some((name) => source === name || source.startsWith(`${name}/`)))
          context.report({
            node,
            message: `src/${room} is pure: it may import ${allowed.join(', ') || 'no package'}, not ${source}.`,
          });
        return;
      }
      const target = path.relative(src, path.resolve(path.dirname(context.filename), source)).split(path.sep);
      if (target[0] === room || (target.length === 1 && commons.includes(target[0])) || target[0] === '..') return;
      const allowed = mayImport[room];
      if (allowed.includes(target[0]) || (typeOnly && allowed.includes(`${target[0]}:type`))) return;
      context.report({
        node,
        message: `src/${room} may import ${[room, ...allowed].join(', ')}; ${target[0]} is not one of them.`,
      });
    };
    return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check };
  },
};

export const roomsPlugin = { rules: { rooms: roomsRule } };
