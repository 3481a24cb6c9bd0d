// Waiting for a fact: apart from servers that are also used where no test runs.
import { vi } from 'vitest';

/** A fact that comes in its own time, on a busy machine too. */
export const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000, interval: 10 });
