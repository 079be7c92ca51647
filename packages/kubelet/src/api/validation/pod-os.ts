// The rules for `spec.os`, and for fields that a pod of an operating system cannot have.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { eachContainer } from '../each-container.ts';
import { type FieldError, forbidden, notSupported, required } from '../field-error.ts';

/** Fields of a security context that only Linux has. */
const linuxOfPod = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
];
const linuxOfContainer = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
];

/** What is wrong with the pod's operating system. Whether the node has it is for admission. */
export function validateOs(spec: v1.PodSpec): FieldError[] {
  const contexts = eachContainer(spec).map(({ container, path }) => ({
    path: `${path}.securityContext`,
    context: container.securityContext ?? {},
  }));
  const ofPod = { path: 'spec.securityContext', context: spec.securityContext ?? {} };
  switch (spec.os?.name) {
    case undefined:
      return spec.os === undefined ? [] : [required('spec.os.name')];
    case '':
      return [required('spec.os.name')];
    case 'linux':
      return [ofPod, ...contexts]
        .filter(({ context }) => context.windowsOptions !== undefined)
        .map(({ path }) =>
          forbidden(`${path}.windowsOptions`, 'windows options cannot be set for a linux pod'),
        );
    case 'windows': {
      const detail = 'cannot be set for a windows pod';
      const flags = (['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace'] as const).filter((field) =>
        field === 'hostPID' || field === 'hostIPC' ? spec[field] : spec[field] !== undefined,
      );
      return [
        ...setFields(ofPod, linuxOfPod).map((path) => forbidden(path, detail)),
        ...flags.map((field) => forbidden(`spec.${field}`, detail)),
        ...contexts
          .flatMap((each) => setFields(each, linuxOfContainer))
          .map((path) => forbidden(path, detail)),
      ];
    }
    default:
      return [notSupported('spec.os', spec.os?.name, ['linux', 'windows'])];
  }
}

/** Paths of these fields in a security context, those that are set. */
function setFields({ path, context }: { path: string; context: object }, fields: string[]): string[] {
  return Object.keys(context)
    .filter((field) => fields.includes(field))
    .map((field) => `${path}.${field}`);
}
