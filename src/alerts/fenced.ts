// Senders that begin nothing while somebody else may lead, and break off what they have begun: what is owed stays owed, the next one sends it.
import { retry } from './channels/channel.ts';
import type { Channel } from './channels/channel.ts';
import type { Forwarder } from './channels/forward.ts';
import { whilePermitted, type Permission } from './permission.ts';

const notSent = (to: string, refusal: string) => retry(to, 'Interrupted', `nothing was sent: ${refusal}`);

export function fenced<Settings>(channel: Channel<Settings>, permission: Permission): Channel<Settings> {
  return {
    ...channel,
    send: (delivery, settings) => {
      const refusal = permission.refusal();
      if (refusal !== null) return Promise.resolve(delivery.to.map((to) => notSent(to, refusal)));
      return whilePermitted(permission, delivery.signal, (signal) => channel.send({ ...delivery, signal }, settings));
    },
  };
}

export function fencedForwarder(forwarder: Forwarder, permission: Permission): Forwarder {
  return {
    ...forwarder,
    forward: (alerts, settings, options) => {
      const refusal = permission.refusal();
      if (refusal !== null) return Promise.resolve(notSent(settings.url, refusal));
      return whilePermitted(permission, options.signal, (signal) =>
        forwarder.forward(alerts, settings, { ...options, signal }),
      );
    },
  };
}
