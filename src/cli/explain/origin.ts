// Where an explained decision was taken from.

export const explanationSchema = 1;

/** Where a decision was taken from. */
export type Origin =
  | {
      readonly kind: 'live' | 'recording';
      /** the address of the cluster, or the file */
      readonly where: string;
      /** the daemon's last tick that the memory knows; null: there is no memory */
      readonly memoryAt: string | null;
    }
  | {
      readonly kind: 'journal';
      readonly where: string;
      readonly tick: number;
      /** the time that was asked for */
      readonly asked: string;
      /** since when this has been decided, in substance */
      readonly since: string;
      /** the next decision that says something else; null: there is none yet */
      readonly next: { readonly time: string; readonly message: string } | null;
      /** the configuration has changed since: windows, rates and schedule are today's */
      readonly configChanged: boolean;
    };
