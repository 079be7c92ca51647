// The rules for the restart policy of a container and for its rules by exit code.
import type { Container } from 'kubernetes-types/core/v1.d.ts';
import { type FieldError, notSupported, required, tooMany } from '../field-error.ts';
import type { ContainerRestartRule } from '../pod.ts';

const maxRules = 20;
const maxExitCodes = 255;

/** A container with the field that kubernetes-types does not know yet. */
type WithRules = Container & { restartPolicyRules?: ContainerRestartRule[] };

/** What is wrong with the restart policy of a regular or init container at `path`. */
export function validateRestartPolicy(container: WithRules, path: string): FieldError[] {
  const { restartPolicy, restartPolicyRules: rules = [] } = container;
  const errors: FieldError[] = [];
  if (restartPolicy === undefined) {
    if (rules.length === 0) return [];
    errors.push(required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used'));
  } else if (!['Always', 'Never', 'OnFailure'].includes(restartPolicy)) {
    errors.push(notSupported(`${path}.restartPolicy`, restartPolicy, ['Always', 'Never', 'OnFailure']));
  }
  if (rules.length > maxRules) errors.push(tooMany(`${path}.restartPolicyRules`, rules.length, maxRules));
  for (const [index, rule] of rules.entries()) {
    errors.push(...validateRule(rule, `${path}.restartPolicyRules[${index}]`));
  }
  return errors;
}

function validateRule({ action, exitCodes }: ContainerRestartRule, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const actions = ['Restart', 'RestartAllContainers'];
  if (!actions.includes(action)) errors.push(notSupported(`${path}.action`, action, actions));
  if (exitCodes === undefined) return [...errors, required(`${path}.exitCodes`, 'must be specified')];
  const { operator, values = [] } = exitCodes;
  if (!['In', 'NotIn'].includes(operator)) {
    errors.push(notSupported(`${path}.exitCodes.operator`, operator, ['In', 'NotIn']));
  }
  if (values.length > maxExitCodes) {
    errors.push(tooMany(`${path}.exitCodes.values`, values.length, maxExitCodes));
  }
  return errors;
}
