// The rules for security contexts of pods and containers.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { type FieldError, invalid, notSupported, oneOf } from '../field-error.ts';
import { numericId } from '../names.ts';
import { validateAppArmor } from './app-armor.ts';
import { validateSeccomp } from './seccomp.ts';
import { validateSysctls } from './sysctls.ts';

/** What is wrong with the pod's security context. */
export function validatePodSecurity(spec: v1.PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  const path = 'spec.securityContext';
  const context: v1.PodSecurityContext & { supplementalGroupsPolicy?: string; seLinuxChangePolicy?: string } =
    spec.securityContext ?? {};
  checkIds(errors, path, context);
  if (context.fsGroup !== undefined) checkId(errors, `${path}.fsGroup`, context.fsGroup);
  (context.supplementalGroups ?? []).forEach((group, index) => {
    checkId(errors, `${path}.supplementalGroups[${index}]`, group);
  });
  oneOf(errors, `${path}.supplementalGroupsPolicy`, context.supplementalGroupsPolicy, ['Merge', 'Strict']);
  oneOf(errors, `${path}.fsGroupChangePolicy`, context.fsGroupChangePolicy, ['Always', 'OnRootMismatch']);
  oneOf(errors, `${path}.seLinuxChangePolicy`, context.seLinuxChangePolicy, ['MountOption', 'Recursive']);
  errors.push(
    ...validateSeccomp(context.seccompProfile, `${path}.seccompProfile`),
    ...validateAppArmor(context.appArmorProfile, `${path}.appArmorProfile`),
    ...validateSysctls(context.sysctls ?? [], spec),
  );
  return errors;
}

/** What is wrong with a container's security context, in a pod with the host's users or with its own. */
export function validateContainerSecurity(
  context: v1.SecurityContext,
  path: string,
  hostUsers: boolean,
): FieldError[] {
  const errors: FieldError[] = [];
  checkIds(errors, path, context);
  const { procMount } = context;
  if (procMount !== undefined && procMount !== 'Default' && procMount !== 'Unmasked')
    errors.push(notSupported(`${path}.procMount`, procMount, ['Default', 'Unmasked']));
  if (procMount === 'Unmasked' && hostUsers)
    errors.push(invalid(`${path}.procMount`, procMount, '`hostUsers` must be false to use `Unmasked`'));
  errors.push(
    ...validateSeccomp(context.seccompProfile, `${path}.seccompProfile`),
    ...validateAppArmor(context.appArmorProfile, `${path}.appArmorProfile`),
  );
  if (context.allowPrivilegeEscalation === false) {
    if (context.privileged) {
      const detail = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true';
      errors.push(invalid(path, context, detail));
    }
    if (context.capabilities?.add?.includes('CAP_SYS_ADMIN')) {
      const detail = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN';
      errors.push(invalid(path, context, detail));
    }
  }
  return errors;
}

function checkIds(
  errors: FieldError[],
  path: string,
  ids: { runAsUser?: number; runAsGroup?: number },
): void {
  if (ids.runAsUser !== undefined) checkId(errors, `${path}.runAsUser`, ids.runAsUser);
  if (ids.runAsGroup !== undefined) checkId(errors, `${path}.runAsGroup`, ids.runAsGroup);
}

function checkId(errors: FieldError[], path: string, id: number): void {
  const problem = numericId(id);
  if (problem) errors.push(invalid(path, id, problem));
}
