// The manifests that are made and committed: rights out of their table, and single files for kubectl apply -f.
import path from 'node:path';
import { render } from './kustomize.ts';
import { documentsText } from './rights-manifests.ts';

const rendered = {
  'deploy/install.yaml': {
    from: 'deploy/overlays/dry-run',
    about: 'springtide as a dry run: it sees, decides and tells, and changes nothing.',
  },
  'deploy/act.yaml': {
    from: 'deploy/rights/act',
    about: 'The rights to act, on top of install.yaml. Which direction acts is said by `mode` in the policies.',
  },
} as const;

/** Needs the rights to be written: the single files are made of them. */
export const renderedManifests = (root: string): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(rendered).map(([file, { from, about }]) => [
      file,
      `# ${about}\n# Rendered from ${from} by npm run generate. Do not edit.\n${documentsText(render(path.join(root, from)))}`,
    ]),
  );
