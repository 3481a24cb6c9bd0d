// What can go wrong with a cloud, by name: each fault waits for its cause and is used up after `times`.
import type { Cancel } from '../../clock.ts';

export type ServiceName = 'keystone' | 'magnum' | 'nova';

/** Of the machines behind the API. */
export type MachineFault =
  | {
      readonly kind: 'quotaExceeded' | 'bootFails';
      readonly group?: string;
      readonly times?: number;
      /** of the new ones */ readonly servers?: number;
    }
  | { readonly kind: 'neverRegisters' | 'dropped'; readonly group?: string; readonly times?: number };

/** Of the API itself. */
export type ApiFault = {
  readonly kind: 'http500' | 'http429' | 'slow' | 'hang' | 'garbage' | 'forbidden403';
  readonly service?: ServiceName;
  /** Only requests whose path contains this. */
  readonly path?: string;
  readonly times?: number;
  /** slow: real milliseconds; http429: the seconds that Retry-After names. */
  readonly delayMs?: number;
  readonly retryAfterSeconds?: number;
};

/** At once: every token that was given out is worth nothing. */
export type TokenFault = { readonly kind: 'token401' };
export type OpenStackFault = MachineFault | ApiFault | TokenFault;

export class Faults {
  #machines: { fault: MachineFault; left: number }[] = [];
  #apis: { fault: ApiFault; left: number }[] = [];

  inject(fault: MachineFault | ApiFault): Cancel {
    const left = fault.times ?? Infinity;
    if (isApiFault(fault)) {
      const entry = { fault, left };
      this.#apis.push(entry);
      return () => (this.#apis = this.#apis.filter((other) => other !== entry));
    }
    const entry = { fault, left };
    this.#machines.push(entry);
    return () => (this.#machines = this.#machines.filter((other) => other !== entry));
  }

  clear(): void {
    this.#machines = [];
    this.#apis = [];
  }

  takeApi(service: ServiceName, path: string): ApiFault | null {
    const entry = this.#apis.find(
      ({ fault, left }) => left > 0 && (fault.service ?? service) === service && path.includes(fault.path ?? ''),
    );
    if (entry === undefined) return null;
    entry.left--;
    return entry.fault;
  }

  takeMachine(kind: MachineFault['kind'], group: string): MachineFault | null {
    const entry = this.#machines.find(
      ({ fault, left }) => left > 0 && fault.kind === kind && (fault.group ?? group) === group,
    );
    if (entry === undefined) return null;
    entry.left--;
    return entry.fault;
  }
}

function isApiFault(fault: MachineFault | ApiFault): fault is ApiFault {
  switch (fault.kind) {
    case 'quotaExceeded':
    case 'bootFails':
    case 'neverRegisters':
    case 'dropped':
      return false;
    default:
      return true;
  }
}
