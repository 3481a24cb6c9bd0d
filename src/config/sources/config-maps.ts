// Labelled ConfigMaps as configuration: each key of their data is a file, and its place says whose it is.
import { fileProblem, type Problem } from '../problem.ts';
import type { ConfigFile, ConfigFiles } from '../files.ts';

const configLabel = 'springtide.io/config';
export const configLabelSelector = `${configLabel}=policies`;

/** What every place in a ConfigMap begins with: a list that cannot be read is named so. */
export const allConfigMaps = 'configmap';

export interface ConfigMapObject {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid?: string | undefined };
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

/** The same object gives the same files, so that what is known of them stays known. */
const known = new WeakMap<ConfigMapObject, { readonly isOwn: boolean; readonly files: readonly ConfigFile[] }>();

function filesOf(object: ConfigMapObject, isOwn: boolean): readonly ConfigFile[] {
  const before = known.get(object);
  if (before?.isOwn === isOwn) return before.files;
  const { name, namespace, uid = null } = object.metadata;
  const encoder = new TextEncoder();
  const contents: (readonly [string, Uint8Array])[] = [
    ...Object.entries(object.data ?? {}).map(([key, text]) => [key, encoder.encode(text)] as const),
    // kubectl puts there what is no UTF-8: it is refused by its name, not passed over
    ...Object.entries(object.binaryData ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64')] as const),
  ];
  const files = contents
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, bytes]): ConfigFile => ({
      path: `${allConfigMaps} ${namespace}/${name}: ${key}`,
      bytes,
      configMap: { namespace, name, uid, key, isOwn },
    }));
  known.set(object, { isOwn, files });
  return files;
}

/** Springtide's own come first: of two documents of one name theirs counts. */
export function filesOfConfigMaps(objects: readonly ConfigMapObject[], own: string | null): readonly ConfigFile[] {
  const rank = ({ metadata: { namespace, name } }: ConfigMapObject): string =>
    `${namespace === own ? 0 : 1}${namespace}/${name}`;
  return objects
    .toSorted((one, other) => (rank(one) < rank(other) ? -1 : 1))
    .flatMap((object) => filesOf(object, object.metadata.namespace === own));
}

/** They could not be listed: what came from them before stays in force. `namespace` null: of the whole cluster. */
export const unreadConfigMaps = (namespace: string | null, why: string): Problem =>
  fileProblem(
    namespace === null ? allConfigMaps : `${allConfigMaps} ${namespace}`,
    'ConfigUnreadable',
    'error',
    `the ConfigMaps with the label ${configLabelSelector} cannot be read: ${why}`,
    'their last good policies stay in force; look at the connection to the API server',
  );

/** The directory first: of two documents of one name its own counts. */
export const together = (readings: readonly ConfigFiles[]): ConfigFiles => ({
  files: readings.flatMap(({ files }) => files),
  problems: readings.flatMap(({ problems }) => problems),
});
