// Expands a workload to its pods: pure.
import { isObject } from '@berth/common/json/is-object.ts';
import { type FieldError, invalid, notSupported, required } from '@berth/kubelet/api/field-error.ts';
import { fieldsOf, type JsonObject } from '@berth/kubelet/api/pod-shape.ts';
import { bookkeeping, judgeFields } from './field-rules.ts';
import { workloadKinds } from './kinds.ts';
import { selectorErrors } from './selector.ts';
import type { Expansion, PodOfWorkload, WorkloadKind } from './workload.ts';

/** Where the pod template is in a workload. */
export const templatePath = ['spec', 'template'] as const;

const topFields = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];

/** Expands a workload, whose kind is one of workloadKinds. */
export function expandWorkload(kind: keyof typeof workloadKinds, workload: JsonObject): Expansion {
  const rules = workloadKinds[kind];
  if (rules === undefined) return failed([notSupported('kind', kind, Object.keys(workloadKinds))]);
  const { metadata, spec } = workload;
  if (workload.apiVersion !== rules.apiVersion)
    return failed([notSupported('apiVersion', workload.apiVersion ?? '', [rules.apiVersion])]);
  const name = isObject(metadata) ? metadata.name : undefined;
  if (typeof name !== 'string' || name === '') return failed([required('metadata.name')]);
  if (!isObject(spec)) return failed([required('spec')]);
  const unknown = unknownFields('', workload, topFields);
  const { template, ...others } = spec;
  if (!isObject(template)) return failed([...unknown, required('spec.template')]);
  const { errors, notes } = judgeFields(
    rules.hasSelector ? withoutSelector(others) : others,
    'spec',
    rules.fields,
  );
  const found = [...unknown, ...errors, ...templateErrors(template, spec, rules)];
  if (found.length === 0 && rules.errors !== undefined) found.push(...rules.errors(spec));
  // A node runs the pods without the fields that it does not know.
  if (found.some(({ isIgnored }) => !isIgnored)) return failed(found);
  return {
    pods: rules.pods(name, spec).map((pod) => podOf(workload, template, pod)),
    errors: found,
    notes: [...notes, ...(rules.notes?.(spec) ?? [])],
  };
}

function failed(errors: readonly FieldError[]): Expansion {
  return { pods: [], errors, notes: [] };
}

function withoutSelector({ selector: _, ...others }: JsonObject): JsonObject {
  return others;
}

function templateErrors(template: JsonObject, spec: JsonObject, rules: WorkloadKind): FieldError[] {
  const path = 'spec.template';
  const errors = unknownFields(path, template, ['metadata', 'spec']);
  const { metadata = {}, spec: podSpec } = template;
  if (isObject(metadata))
    errors.push(...unknownFields(`${path}.metadata`, metadata, Object.keys(fieldsOf('ObjectMeta') ?? {})));
  else if (metadata !== null) errors.push(invalid(`${path}.metadata`, metadata, 'must be an object'));
  if (!isObject(podSpec)) return [...errors, required(`${path}.spec`)];
  const policy = podSpec.restartPolicy;
  const policyPath = `${path}.spec.restartPolicy`;
  const policies = rules.restartPolicies;
  if (policy === undefined || policy === null) {
    if (!policies.includes('Always'))
      errors.push(required(policyPath, `valid values: ${policies.map((each) => `"${each}"`).join(', ')}`));
  } else if (!policies.includes(String(policy))) errors.push(notSupported(policyPath, policy, policies));
  if (rules.hasSelector) errors.push(...selectorErrors(spec.selector, labelsOf(template)));
  return errors;
}

function podOf(workload: JsonObject, template: JsonObject, pod: PodOfWorkload): JsonObject {
  const metadata = isObject(workload.metadata) ? workload.metadata : {};
  const given = isObject(template.metadata) ? template.metadata.annotations : undefined;
  const annotations = pod.annotations ? { ...(isObject(given) ? given : {}), ...pod.annotations } : given;
  const labels = { ...labelsOf(template), ...pod.labels };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod.name,
      ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
      ...(Object.keys(labels).length > 0 ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
    },
    spec: { ...(isObject(template.spec) ? template.spec : {}), ...pod.spec },
  };
}

function labelsOf({ metadata }: JsonObject): JsonObject {
  return isObject(metadata) && isObject(metadata.labels) ? metadata.labels : {};
}

function unknownFields(path: string, value: JsonObject, known: readonly string[]): FieldError[] {
  const rules = Object.fromEntries(known.map((name) => [name, bookkeeping]));
  return [...judgeFields(value, path, rules).errors];
}
