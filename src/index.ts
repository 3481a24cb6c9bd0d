// What other programs may import: the two pure functions, an empty memory, and the loader of the configuration.
export { decide, type Decided } from './policies/decide.ts';
export { record } from './policies/record.ts';
export { emptyMemory, type Memory } from './model/memory.ts';
export { loadConfigOrThrow as loadConfig } from './config/load.ts';
export type { Config } from './model/config.ts';
export type { Snapshot } from './model/snapshot.ts';
export type { Plan } from './model/plan.ts';
export type { Outcome } from './model/outcome.ts';
