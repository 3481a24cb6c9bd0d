// A secret that does not show itself: not in errors, not in logs, not in JSON.
import { inspect } from 'node:util';

const veil = '[secret]';

export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return veil;
  }

  toJSON(): string {
    return veil;
  }

  [inspect.custom](): string {
    return veil;
  }
}
