// The rules for requests and limits, and for environment variables that quote them.

import { compareQuantities, isWhole, parseQuantity } from '@berth/common/quantity.ts';
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

const basicResources = ['cpu', 'ephemeral-storage', 'memory'];

/** What is wrong with a container's requests and limits. */
export function validateResources(resources: v1.ResourceRequirements, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { limits = {}, requests = {} } = resources;
  for (const [kind, list] of Object.entries({ limits, requests })) {
    for (const [name, quantity] of Object.entries(list)) {
      const at = `${path}.${kind}[${name}]`;
      const pageSize = hugePageSize(name);
      if (pageSize) {
        if (!isMultiple(quantity, pageSize)) {
          errors.push(invalid(at, quantity, `${quantity} is not positive integer multiple of ${name}`));
        }
      } else if (name.includes('/')) {
        errors.push(ignored(at, 'there are no device plugins, so no such resource'));
        if (!isWhole(quantity)) errors.push(invalid(at, quantity, 'must be an integer'));
      } else if (kind === 'limits' && name === 'ephemeral-storage') {
        errors.push(ignored(at, 'disk is not enforced by this kubelet yet'));
      } else if (!basicResources.includes(name)) errors.push(notSupported(at, name, basicResources));
      if (parseQuantity(quantity).nanos < 0n)
        errors.push(invalid(at, quantity, 'must be greater than or equal to 0'));
    }
  }
  for (const [name, request] of Object.entries(requests)) {
    const limit = limits[name];
    const isReserved = name.includes('/') || hugePageSize(name) !== undefined;
    if (limit === undefined && isReserved)
      errors.push(required(`${path}.limits`, 'Limit must be set for non overcommitable resources'));
    if (limit !== undefined && isReserved && compareQuantities(request, limit) !== 0) {
      const detail = `must be equal to ${name} limit of ${limit}`;
      errors.push(invalid(`${path}.requests`, request, detail));
    } else if (limit !== undefined && compareQuantities(request, limit) > 0) {
      const detail = `must be less than or equal to ${name} limit of ${limit}`;
      errors.push(invalid(`${path}.requests`, request, detail));
    }
  }
  const names = Object.keys({ ...limits, ...requests });
  if (names.some(hugePageSize) && !names.includes('cpu') && !names.includes('memory')) {
    errors.push(forbidden(path, 'HugePages require cpu or memory'));
  }
  return errors;
}

/** Whether an amount is a number of whole pages. */
function isMultiple(quantity: string, pageSize: string): boolean {
  const [amount, page] = [parseQuantity(quantity).nanos, parseQuantity(pageSize).nanos];
  return page > 0n && amount >= 0n && amount % page === 0n;
}

/** The size in `hugepages-2Mi`. */
function hugePageSize(name: string): string | undefined {
  return /^hugepages-(\d+[KMG]i)$/.exec(name)?.[1];
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
