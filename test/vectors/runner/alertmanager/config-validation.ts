// alertmanager: configurations that must be refused when they are loaded.
import { loadFiles } from '../../../../src/config/load.ts';
import { wholeAdapter } from '../vector.ts';

export const configCase = wholeAdapter<{
  whole: { readonly config_yaml: string; readonly error?: string | null };
}>(({ config_yaml: text, error = null }) => {
  const { problems } = loadFiles({
    files: [{ path: 'alerts.yaml', bytes: new TextEncoder().encode(text) }],
    problems: [],
  });
  const found = problems.filter(({ file, severity }) => file === 'alerts.yaml' && severity === 'error');
  return { expected: { refused: error !== null }, got: { refused: found.length > 0 } };
});
