// The last look before a write: what a person has switched off since the decision does not begin.
import type { SwitchWay } from '../model/snapshot.ts';
import type { DrainPort } from './drain.ts';
import type { PoolPort } from './node-pool.ts';
import type { ReplicasPort } from './replicas.ts';

export interface Gate {
  /** null: it may begin now; otherwise who has switched it off and why */
  mayBegin(way: SwitchWay): { readonly reason: string } | null;
}

export const openGate: Gate = { mayBegin: () => null };

/** Nothing was sent. */
export class GateClosed extends Error {
  readonly code = 'SwitchedOff';
}

function pass(gate: Gate, way: SwitchWay): void {
  const closed = gate.mayBegin(way);
  if (closed !== null) throw new GateClosed(closed.reason);
}

/** Each try of a write is asked for; taking our own mark away brings nothing up or down and always passes. */
export function scalesThrough(port: ReplicasPort, gate: Gate, way: SwitchWay): ReplicasPort {
  return {
    readScale: (target, signal) => port.readScale(target, signal),
    writeScale: async (...call) => {
      pass(gate, way);
      return port.writeScale(...call);
    },
    annotatePod: async (...call) => {
      pass(gate, way);
      return port.annotatePod(...call);
    },
    annotate: async (target, annotations, options) => {
      if (Object.values(annotations).some((value) => value !== null)) pass(gate, way);
      return port.annotate(target, annotations, options);
    },
  };
}

/** Of a drain's beginning and its evictions; its end and its taking back need no leave. */
export function drainsThrough(port: DrainPort, gate: Gate): DrainPort {
  return {
    getNode: (name, signal) => port.getNode(name, signal),
    createEvent: (event, options) => port.createEvent(event, options),
    deleteNode: (name, options) => port.deleteNode(name, options),
    patchNode: async (...call) => {
      pass(gate, 'nodes.shrink');
      return port.patchNode(...call);
    },
    evict: async (...call) => {
      pass(gate, 'nodes.shrink');
      return port.evict(...call);
    },
  };
}

export function poolThrough({ magnum, nodes }: PoolPort, gate: Gate, way: SwitchWay): PoolPort {
  return {
    magnum: {
      getCluster: (cluster) => magnum.getCluster(cluster),
      getNodeGroup: (cluster, group) => magnum.getNodeGroup(cluster, group),
      listNodeGroups: (cluster, named) => magnum.listNodeGroups(cluster, named),
      resize: async (wanted) => {
        pass(gate, way);
        return magnum.resize(wanted);
      },
    },
    nodes: {
      getNode: (name, signal) => nodes.getNode(name, signal),
      patchNode: async (...call) => {
        pass(gate, way);
        return nodes.patchNode(...call);
      },
    },
  };
}
