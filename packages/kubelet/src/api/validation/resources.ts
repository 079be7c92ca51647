// The rules for requests and limits of containers and pods, and for environment variables that quote them.

import { compareQuantities, formatQuantity, isWhole, parseQuantity } from '@berth/common/quantity.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { findContainer } from '../each-container.ts';
import {
  type FieldError,
  forbidden,
  ignored,
  invalid,
  notFound,
  notSupported,
  oneOf,
  required,
} from '../field-error.ts';
import { hugePageSize } from '../huge-page-size.ts';
import type { NewerPodSpec } from '../pod.ts';
import { containerTotals, isPodLevelResource, limitsOf, requestsOf } from '../pod-totals.ts';

const basicResources = ['cpu', 'ephemeral-storage', 'memory'];

/** What is wrong with a container's requests and limits. */
export function validateResources(resources: v1.ResourceRequirements, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { limits = {} } = resources;
  for (const [kind, list] of Object.entries({ limits, requests: resources.requests ?? {} })) {
    for (const [name, quantity] of Object.entries(list)) {
      const at = `${path}.${kind}[${name}]`;
      if (name.includes('/')) {
        if (!isWhole(quantity)) errors.push(invalid(at, quantity, 'must be an integer'));
      } else if (kind === 'limits' && name === 'ephemeral-storage') {
        errors.push(ignored(at, 'disk is not enforced by this kubelet yet'));
      } else if (!basicResources.includes(name) && !hugePageSize(name))
        errors.push(notSupported(at, name, basicResources));
    }
  }
  return [...errors, ...validateAmounts(resources, path)];
}

/** What is wrong with `spec.overhead`. */
export function validateOverhead(overhead: Readonly<Record<string, string>> = {}): FieldError[] {
  const path = 'spec.overhead';
  const unknown = Object.keys(overhead).filter(
    (name) => !basicResources.includes(name) && !hugePageSize(name),
  );
  return [
    ...unknown.map((name) => notSupported(`${path}.limits[${name}]`, name, basicResources)),
    ...validateAmounts({ limits: overhead }, path),
  ];
}

/** What is wrong with `spec.resources`: of itself, and beside the containers'. */
export function validatePodResources(spec: v1.PodSpec & NewerPodSpec): FieldError[] {
  const { resources } = spec;
  if (resources === undefined) return [];
  const path = 'spec.resources';
  if (spec.os?.name === 'windows') return [forbidden(path, 'may not be set for a windows pod')];
  const errors: FieldError[] = [];
  if (resources.claims)
    errors.push(forbidden(`${path}.claims`, 'claims may not be set for Resources at pod-level'));
  const { limits = {}, requests = {} } = resources;
  for (const [kind, list] of Object.entries({ limits, requests })) {
    for (const name of Object.keys(list)) {
      if (!isPodLevelResource(name))
        errors.push(notSupported(`${path}.${kind}[${name}]`, name, ['cpu', 'hugepages-', 'memory']));
    }
  }
  errors.push(...validateAmounts(resources, path));
  const wanted = containerTotals(spec, ({ resources: own = {} }) => requestsOf({ resources: own }));
  for (const [name, request] of Object.entries(requests)) {
    const total = wanted.get(name) ?? 0n;
    if (parseQuantity(request).nanos >= total) continue;
    const detail = `must be greater than or equal to aggregate container requests of ${amountText(name, total)}`;
    errors.push(invalid(`${path}.requests[${name}]`, request, detail));
  }
  const used = containerTotals(spec, ({ resources: own = {} }) => limitsOf({ resources: own }));
  for (const [name, limit] of Object.entries(limits)) {
    const total = used.get(name) ?? 0n;
    if (hugePageSize(name) && parseQuantity(limit).nanos < total) {
      const detail = `must be greater than or equal to aggregate container limits of ${amountText(name, total)}`;
      errors.push(invalid(`${path}.limits[${name}]`, limit, detail));
    }
    spec.containers.forEach((container, index) => {
      const own = container.resources?.limits?.[name];
      if (own === undefined || compareQuantities(own, limit) <= 0) return;
      const at = `${path}.containers[${index}][${name}].limits`;
      errors.push(invalid(at, own, `must be less than or equal to pod limits of ${limit}`));
    });
  }
  return errors;
}

/** The rules for amounts: what they may be, and requests beside limits. */
function validateAmounts(resources: v1.ResourceRequirements, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { limits = {}, requests = {} } = resources;
  for (const [kind, list] of Object.entries({ limits, requests })) {
    for (const [name, quantity] of Object.entries(list)) {
      const at = `${path}.${kind}[${name}]`;
      const { nanos } = parseQuantity(quantity);
      if (nanos < 0n) errors.push(invalid(at, quantity, 'must be greater than or equal to 0'));
      const size = hugePageSize(name);
      if (size && nanos % parseQuantity(size).nanos !== 0n)
        errors.push(invalid(at, quantity, `${quantity} is not positive integer multiple of ${name}`));
    }
  }
  for (const [name, request] of Object.entries(requests)) {
    const limit = limits[name];
    const isExact = name.includes('/') || hugePageSize(name) !== undefined;
    if (limit === undefined && isExact)
      errors.push(required(`${path}.limits`, 'Limit must be set for non overcommitable resources'));
    if (limit === undefined) continue;
    const difference = compareQuantities(request, limit);
    if (isExact && difference !== 0)
      errors.push(invalid(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`));
    else if (difference > 0) {
      const detail = `must be less than or equal to ${name} limit of ${limit}`;
      errors.push(invalid(`${path}.requests`, request, detail));
    }
  }
  const names = Object.keys({ ...limits, ...requests });
  if (names.some(hugePageSize) && !names.includes('cpu') && !names.includes('memory'))
    errors.push(forbidden(path, 'HugePages require cpu or memory'));
  return errors;
}

function amountText(name: string, nanos: bigint): string {
  return formatQuantity({ nanos, format: name === 'cpu' ? 'DecimalSI' : 'BinarySI' });
}

const divisors: Readonly<Record<string, readonly string[]>> = {
  cpu: ['0', '1', '1m'],
  memory: ['0', '1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'],
};

/** What is wrong with an environment variable that quotes a container's request or limit. */
export function validateResourceFieldRef(
  reference: v1.ResourceFieldSelector,
  path: string,
  spec: v1.PodSpec,
): FieldError[] {
  const errors: FieldError[] = [];
  const { containerName, resource, divisor } = reference;
  if (containerName && findContainer(spec, containerName) === undefined)
    errors.push(notFound(`${path}.containerName`, containerName, 'no such container'));
  if (!resource) return [...errors, required(`${path}.resource`)];
  const name = /^(?:limits|requests)\.(.+)$/.exec(resource)?.[1] ?? '';
  if (!basicResources.includes(name) && !hugePageSize(name)) {
    const kinds = ['limits', 'requests'].flatMap((kind) => basicResources.map((entry) => `${kind}.${entry}`));
    return [...errors, notSupported(`${path}.resource`, resource, kinds)];
  }
  oneOf(errors, `${path}.divisor`, divisor, divisors[name] ?? divisors.memory ?? []);
  return errors;
}
