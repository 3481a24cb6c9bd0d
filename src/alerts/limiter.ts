// So many at once and no more: a storm of alerts must not open a thousand connections.

/** `isNews`: it goes before whatever is tried again. */
export type Limiter = <Value>(work: () => Promise<Value>, isNews?: boolean) => Promise<Value>;

export function createLimiter(most: number): Limiter {
  let running = 0;
  const news: (() => void)[] = [];
  const others: (() => void)[] = [];
  return async (work, isNews = true) => {
    if (running >= most) await new Promise<void>((resolve) => (isNews ? news : others).push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = news.shift() ?? others.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
