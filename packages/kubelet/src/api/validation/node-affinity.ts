// The rules for what `affinity.nodeAffinity` requires of a node. What it prefers, and other pods, are for schedulers.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { check, type FieldError, forbidden, invalid, required } from '../field-error.ts';
import { dnsSubdomain, labelValue, qualifiedName } from '../names.ts';

/** What is wrong with the terms, one of which has to match the node. */
export function validateNodeAffinity(affinity: v1.NodeAffinity | undefined): FieldError[] {
  const selector = affinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (selector === undefined) return [];
  const path = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
  if (selector.nodeSelectorTerms.length === 0)
    return [required(path, 'must have at least one node selector term')];
  return selector.nodeSelectorTerms.flatMap(({ matchExpressions = [], matchFields = [] }, term) => [
    ...matchExpressions.flatMap((each, index) =>
      validateExpression(each, `${path}[${term}].matchExpressions[${index}]`),
    ),
    ...matchFields.flatMap((each, index) => validateField(each, `${path}[${term}].matchFields[${index}]`)),
  ]);
}

function validateExpression(requirement: v1.NodeSelectorRequirement, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { key, operator, values = [] } = requirement;
  const at = `${path}.values`;
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0)
        errors.push(required(at, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0)
        errors.push(forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1)
        errors.push(required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      break;
    default:
      errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  }
  check(errors, `${path}.key`, key, qualifiedName);
  values.forEach((value, index) => {
    check(errors, `${at}[${index}]`, value, labelValue);
  });
  return errors;
}

function validateField(requirement: v1.NodeSelectorRequirement, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { key, operator, values = [] } = requirement;
  if (operator !== 'In' && operator !== 'NotIn')
    errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  else if (values.length !== 1) {
    const detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    errors.push(required(`${path}.values`, detail));
  }
  if (key !== 'metadata.name') errors.push(invalid(`${path}.key`, key, 'not a valid field selector key'));
  values.forEach((value, index) => {
    check(errors, `${path}.values[${index}]`, value, dnsSubdomain);
  });
  return errors;
}
