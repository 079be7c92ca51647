// Requirements on labels, as label selectors and node selectors have them. Pure.

/** A requirement on the label `key`. */
export interface LabelRequirement {
  key: string;
  operator: string;
  values?: readonly string[];
}

/** The value of a label; undefined when there is none. */
export function labelValue(labels: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** Whether labels meet a requirement; undefined for an operator that is not one of all selectors. */
export function meetsRequirement(
  { key, operator, values = [] }: LabelRequirement,
  labels: Readonly<Record<string, string>>,
): boolean | undefined {
  const value = labelValue(labels, key);
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return undefined;
  }
}
