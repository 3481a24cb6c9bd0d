// The switch for people in a cluster: the watched ConfigMap `springtide-control`, written by `springtide stop` or by kubectl.
import type { OwnObject, OwnObjects, OwnReading } from '../clients/kubernetes/own-objects.ts';
import { ClientError } from '../clients/http/error.ts';
import { messageOf } from '../model/errors.ts';
import { seconds } from '../model/units.ts';
import { approvalsText, parseApprovals, withApproval } from './approvals.ts';
import type { ControlHome, ControlReading } from './control.ts';
import { controlData, controlOf, switches } from './control-keys.ts';
import { parseProofs, proofsText, withProof } from './removal-proofs.ts';

export const controlName = 'springtide-control';

export interface ControlInKubernetesOptions {
  readonly own: OwnObjects;
  readonly namespace: string;
}

/** A tick must not wait long for the switch where its watch is broken. */
const readWithin = seconds(2);
/** Two people may stop at once: each goes on from what the other has written. */
const tries = 5;

type Data = Readonly<Record<string, string>>;

export function controlInKubernetes({ own, namespace }: ControlInKubernetesOptions): ControlHome {
  const place = `ConfigMap ${namespace}/${controlName}`;
  let last: ControlReading = { control: null, damage: null };
  let isFollowed = false;

  const take = (object: OwnObject | null | undefined): ControlReading => {
    const { control, damage } = controlOf(object?.data ?? {});
    last = { control, damage: damage === null ? null : `${place}: ${damage}` };
    return last;
  };

  async function change(next: (data: Data) => Data): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const there = await own.get('ConfigMap', namespace, controlName);
      const data = next(there?.data ?? {});
      try {
        if (there !== null) await own.replace({ ...there, data });
        else await own.create({ kind: 'ConfigMap', metadata: { namespace, name: controlName }, data });
        return;
      } catch (thrown) {
        const isOvertaken = thrown instanceof ClientError && thrown.code === 'Conflict';
        if (!isOvertaken || attempt === tries) throw thrown;
      }
    }
  }

  return {
    place,
    latest: () => last,
    read: async () => {
      // What is followed is known already; a watch that fails for the moment is not relied on.
      if (isFollowed) return last;
      try {
        return take(await own.get('ConfigMap', namespace, controlName, { deadline: readWithin }));
      } catch (thrown) {
        return { ...last, damage: `${place}: ${messageOf(thrown)}` };
      }
    },
    follow: (onChange, { clock, signal }) => {
      const listen = ({ items, synced, failure }: OwnReading): void => {
        isFollowed = synced && failure === null;
        if (!synced) return;
        const before = JSON.stringify(last);
        take(items[0]);
        if (JSON.stringify(last) !== before) onChange();
      };
      own.watch('ConfigMap', { namespace, name: controlName }, listen, { clock, signal });
      signal.addEventListener('abort', () => (isFollowed = false), { once: true });
    },
    write: (control) => change((data) => ({ ...withoutWays(data), ...controlData(control) })),
    approve: async (approval) => {
      await change((data) => ({ ...data, approvals: approvalsText(withApproval(approvalsIn(data), approval)) }));
      return { place };
    },
    prove: async (proof) => {
      await change((data) => ({ ...data, removalProofs: proofsText(withProof(proofsIn(data), proof)) }));
      return { place };
    },
  };
}

/** A stop says anew what is off: what switched something, rightly written or not, goes; all else stays. */
const withoutWays = (data: Data): Data =>
  Object.fromEntries(Object.entries(data).filter(([key, value]) => !switches(key, value)));

/** Those that cannot be read allow nothing, and give way to new ones. */
function readable<Kept>(read: () => readonly Kept[]): readonly Kept[] {
  try {
    return read();
  } catch {
    return [];
  }
}
const approvalsIn = ({ approvals }: Data) => readable(() => (approvals === undefined ? [] : parseApprovals(approvals)));
const proofsIn = ({ removalProofs }: Data) =>
  readable(() => (removalProofs === undefined ? [] : parseProofs(removalProofs)));
