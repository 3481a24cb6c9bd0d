// A channel that begins nothing while somebody else may lead: what is owed stays owed, and the next one sends it.
import { retry } from './channels/channel.ts';
import type { Channel } from './channels/channel.ts';

export interface Permission {
  /** null: it may begin now; otherwise why it must not */
  refusal(): string | null;
}

export function fenced<Settings>(channel: Channel<Settings>, permission: Permission): Channel<Settings> {
  return {
    ...channel,
    send: (delivery, settings) => {
      const refusal = permission.refusal();
      if (refusal === null) return channel.send(delivery, settings);
      return Promise.resolve(delivery.to.map((to) => retry(to, 'Interrupted', `nothing was sent: ${refusal}`)));
    },
  };
}
