// The value of a label, whatever it is called: what every object has by itself (constructor, toString) is no label.

/** An absent one is the empty text. */
export const labelValue = (labels: Readonly<Record<string, string>>, name: string): string =>
  Object.hasOwn(labels, name) ? (labels[name] ?? '') : '';
