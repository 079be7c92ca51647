// The label selector of a workload, which must select the pods of its own template: pure.
import { isObject } from '@berth/common/json/is-object.ts';
import { type FieldError, invalid, notSupported, required } from '@berth/kubelet/api/field-error.ts';
import type { JsonObject } from '@berth/kubelet/api/pod-shape.ts';

const path = 'spec.selector';

/** What is wrong with a selector, given the labels of the template; in the API server's words. */
export function selectorErrors(selector: unknown, labels: JsonObject): FieldError[] {
  if (selector === undefined || selector === null) return [required(path)];
  if (!isObject(selector)) return [invalid(path, selector, 'must be an object')];
  const { matchLabels, matchExpressions } = selector;
  const equal = isObject(matchLabels) ? Object.entries(matchLabels) : [];
  const expressions = Array.isArray(matchExpressions) ? matchExpressions.filter(isObject) : [];
  if (equal.length + expressions.length === 0)
    return [invalid(path, selector, 'must select the pods of the template')];
  const unknown = expressions.findIndex(({ operator }) => !operators.has(String(operator)));
  if (unknown >= 0)
    return [
      notSupported(`${path}.matchExpressions[${unknown}].operator`, expressions[unknown]?.operator, [
        ...operators.keys(),
      ]),
    ];
  const matches =
    equal.every(([key, value]) => labels[key] === value) &&
    expressions.every((expression) => isMatch(expression, labels));
  if (matches) return [];
  return [invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')];
}

const operators: ReadonlyMap<string, (value: unknown, values: readonly unknown[]) => boolean> = new Map([
  ['In', (value: unknown, values: readonly unknown[]) => value !== undefined && values.includes(value)],
  ['NotIn', (value: unknown, values: readonly unknown[]) => !values.includes(value)],
  ['Exists', (value: unknown) => value !== undefined],
  ['DoesNotExist', (value: unknown) => value === undefined],
]);

function isMatch({ key, operator, values }: JsonObject, labels: JsonObject): boolean {
  const value = typeof key === 'string' ? labels[key] : undefined;
  return operators.get(String(operator))?.(value, Array.isArray(values) ? values : []) ?? false;
}
