// The rules that the fields of workloads have in common.
import { isObject } from '@berth/common/json/is-object.ts';
import { forbidden, invalid, join, notSupported, unknownField } from '@berth/kubelet/api/field-error.ts';
import type { JsonObject } from '@berth/kubelet/api/pod-shape.ts';
import type { FieldRule, RuleResult } from './workload.ts';

/** The most pods that a kubelet runs by default. */
const maxReplicas = 110;

/** Anything: the field is about a history or a deadline that only a controller has. */
export const bookkeeping: FieldRule = () => ({});

/** The number of pods. */
export const replicas: FieldRule = (value, path) => {
  const errors = [];
  if (!isCount(value)) errors.push(invalid(path, value, 'must be a whole number, 0 or more'));
  else if (value === 0) errors.push(forbidden(path, 'no pods to run; take them away with: berth down FILE'));
  else if (value > maxReplicas) errors.push(invalid(path, value, `a node runs at most ${maxReplicas} pods`));
  return { errors };
};

/** A field that a node takes only with some values, with the reason. */
export function only(values: readonly unknown[], reason: string): FieldRule {
  return (value, path) => (values.includes(value) ? {} : { errors: [forbidden(path, reason)] });
}

/** A field that a node alone cannot give its meaning. */
export function refused(reason: string): FieldRule {
  return only([], reason);
}

/** A field that is accepted and means something else here, unless its value asks for nothing. */
export function noted(note: string, nothing: readonly unknown[] = []): FieldRule {
  return (value, path) => (nothing.includes(value) ? {} : { notes: [`${path}: ${note}`] });
}

/** One of some words. */
export function word(rules: Readonly<Record<string, FieldRule>>): FieldRule {
  return (value, path) => {
    const rule = typeof value === 'string' && Object.hasOwn(rules, value) ? rules[value] : undefined;
    return rule?.(value, path) ?? { errors: [notSupported(path, value, Object.keys(rules))] };
  };
}

/** A whole number, judged further by `rule`. */
export function count(rule: FieldRule): FieldRule {
  return (value, path) =>
    isCount(value)
      ? rule(value, path)
      : { errors: [invalid(path, value, 'must be a whole number, 0 or more')] };
}

/** An object whose fields have rules. */
export function object(fields: Readonly<Record<string, FieldRule>>): FieldRule {
  return (value, path) => (isObject(value) ? judgeFields(value, path, fields) : notAnObject(value, path));
}

/** Judges all fields of an object; unknown ones are errors. */
export function judgeFields(
  value: JsonObject,
  path: string,
  fields: Readonly<Record<string, FieldRule>>,
): Required<RuleResult> {
  const results = Object.entries(value).map(([name, field]): RuleResult => {
    const rule = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (rule === undefined) return { errors: [unknownField(path, name, Object.keys(fields))] };
    return field === null ? {} : rule(field, join(path, name));
  });
  return {
    errors: results.flatMap(({ errors = [] }) => errors),
    notes: results.flatMap(({ notes = [] }) => notes),
  };
}

export function notAnObject(value: unknown, path: string): RuleResult {
  return { errors: [invalid(path, value, 'must be an object')] };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}
