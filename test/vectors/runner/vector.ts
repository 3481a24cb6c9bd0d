// What the runner knows of a file of vectors: cases, what an adapter makes of one, and the verdict on it.

/** A case as it is written; its shape is its adapter's business. */
export interface VectorCase {
  readonly id: string;
  readonly name: string;
  /** the key of its array, with dots where it is deeper: `aliyun.responses` */
  readonly array: string;
  readonly input: unknown;
  readonly expected: unknown;
  /** all of it, where the format has no input and expectation of its own */
  readonly whole: unknown;
}

/** The rest of the file: constants and defaults that its cases share. */
export type VectorFile = Readonly<Record<string, unknown>>;

export type Fields = Readonly<Record<string, unknown>>;

/** Expectation and answer in the same words and units. What the expectation does not name is not compared. */
export interface Compared {
  readonly expected: Fields;
  readonly got: Fields;
}

export type Adapter = (one: VectorCase, file: VectorFile) => Compared | Promise<Compared>;

type Answered = Pick<Compared, 'got'> & Partial<Compared>;

/** The one place where JSON gets the shape that its adapter relies on. */
export const adapter =
  <Case extends { readonly input: unknown; readonly expected: unknown }>(
    adapt: (input: Case['input'], expected: Case['expected'], file: VectorFile) => Answered | Promise<Answered>,
  ): Adapter =>
  async ({ input, expected }, file) => {
    const answered = await adapt(input, expected, file);
    return { expected: errorsByMeaning(answered.expected ?? (expected as Fields)), got: answered.got };
  };

/** For formats whose cases have no input and no expectation of their own: the adapter says what of it is which. */
export const wholeAdapter =
  <Case extends { readonly whole: unknown; readonly file?: unknown }>(
    adapt: (whole: Case['whole'], file: Case['file']) => Compared | Promise<Compared>,
  ): Adapter =>
  ({ whole }, file) =>
    adapt(whole, file);

/** That it fails is compared, not in which words. */
function errorsByMeaning(expected: Fields): Fields {
  const { errorContains, error, ...rest } = expected;
  if (errorContains !== undefined) return { ...rest, error: true };
  return error === undefined ? rest : { ...rest, error: error !== false };
}

export type Verdict =
  | { readonly verdict: 'passed' }
  | { readonly verdict: 'deviates'; readonly rule: string }
  | { readonly verdict: 'failed'; readonly expected: unknown; readonly got: unknown };

export interface CaseReport {
  readonly id: string;
  readonly name: string;
  readonly array: string;
  readonly result: Verdict;
}

export interface FileReport {
  /** hpa/reconcile */
  readonly name: string;
  readonly cases: readonly CaseReport[];
  /** why the file as a whole cannot be judged */
  readonly problem: string | null;
}
