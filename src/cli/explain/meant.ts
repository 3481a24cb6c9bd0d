// What a call of explain means: a target or a group of VMs, one node, or one pod.
import { SpringtideError } from '../../model/errors.ts';

export type Meant =
  | { readonly kind: 'target'; readonly target: string; readonly namespace: string | undefined }
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'pod'; readonly namespace: string; readonly name: string };

const nodeKinds: ReadonlySet<string> = new Set(['node', 'nodes', 'no']);
const podKinds: ReadonlySet<string> = new Set(['pod', 'pods', 'po']);

function usage(what: string, mend: string): SpringtideError {
  return new SpringtideError({ code: 'UsageInvalid', what, mend });
}

function podMeant(text: string, namespace: string | undefined): Meant {
  const [first = '', second, ...more] = text.split('/');
  const mend = 'write `explain pod NAMESPACE/NAME`, or `explain pod NAME -n NAMESPACE`';
  if (first === '' || second === '' || more.length > 0) throw usage(`"${text}" names no pod`, mend);
  if (second !== undefined) {
    if (namespace !== undefined && namespace !== first) throw usage(`"${text}" is not in ${namespace}`, mend);
    return { kind: 'pod', namespace: first, name: second };
  }
  if (namespace === undefined) throw usage(`the namespace of the pod ${text} is missing`, mend);
  return { kind: 'pod', namespace, name: first };
}

/** `node w-1`, `node/w-1`, `pod shop/web-1`, `pod/web-1 -n shop`; anything else is a target, KIND NAME as KIND/NAME. */
export function meantBy(first: string, second: string | undefined, namespace: string | undefined): Meant {
  const slash = first.indexOf('/');
  const kind = second === undefined && slash > 0 ? first.slice(0, slash) : first;
  const rest = second ?? (slash > 0 ? first.slice(slash + 1) : '');
  if (rest !== '' && nodeKinds.has(kind)) {
    if (rest.includes('/')) throw usage(`"${rest}" names no node`, 'nodes have no namespace: `explain node NAME`');
    return { kind: 'node', name: rest };
  }
  if (rest !== '' && podKinds.has(kind)) return podMeant(rest, namespace);
  if (second === undefined) return { kind: 'target', target: first, namespace };
  const [owner = '', name] = second.split('/');
  return name === undefined
    ? { kind: 'target', target: `${first}/${second}`, namespace }
    : { kind: 'target', target: `${owner}/${first}/${name}`, namespace };
}
