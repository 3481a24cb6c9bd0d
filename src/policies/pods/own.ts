// A record's own entry: metrics are named by operators, and one of them may be called `constructor`.
export const own = <Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
