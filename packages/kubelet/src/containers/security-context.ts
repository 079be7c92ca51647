// The security settings of a container: its own settings override those of its pod.
import { join } from 'node:path';
import {
  type DeepPartial,
  type LinuxContainerSecurityContext,
  type SecurityProfile,
  SecurityProfile_ProfileType,
} from '@berth/cri/generated/api.ts';
import { appArmorProfile } from '../api/app-armor.ts';
import type { AppArmorProfile, Container, Pod, SeccompProfile } from '../api/pod.ts';
import type { ImageUser } from '../kubecontainer/present-image.ts';
import { namespaceOptions } from '../sandbox/namespaces.ts';
import { podGroups, selinuxOptions } from '../sandbox/sandbox-config.ts';
import type { PodIds } from '../userns/id-ranges.ts';

/** Parts of /proc that containers may read but not write. */
const defaultReadonlyPaths: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
];

const maxUserId = 2_147_483_647n;

/** The further inputs of a container's security context. */
export interface ContainerSecuritySettings {
  /** The ids of a pod with users of its own. */
  ids: PodIds | undefined;
  /** Groups of the pod's persistent volumes. */
  volumeGroups: readonly bigint[];
  /** Paths that containers do not see unless their /proc is unmasked. */
  maskedPaths: readonly string[];
  /** Whether containers without a profile get the runtime's, and where profiles of the node are. */
  seccomp: { default: boolean; profileRoot: string };
}

/** The effective settings in CRI's words. Throws when they contradict `runAsNonRoot`. */
export function containerSecurityContext(
  pod: Pod,
  container: Container,
  user: ImageUser,
  settings: ContainerSecuritySettings,
): DeepPartial<LinuxContainerSecurityContext> {
  verifyRunAsNonRoot(pod, container, user);
  const own = container.securityContext ?? {};
  const ofPod = pod.spec.securityContext;
  const runAsUser = own.runAsUser ?? ofPod.runAsUser;
  const runAsGroup = own.runAsGroup ?? ofPod.runAsGroup;
  const uid = runAsUser === undefined ? user.uid : BigInt(runAsUser);
  return {
    capabilities: {
      addCapabilities: own.capabilities?.add ?? [],
      dropCapabilities: own.capabilities?.drop ?? [],
    },
    privileged: own.privileged === true,
    namespaceOptions: namespaceOptions(pod, settings.ids),
    ...selinuxOptions(own.seLinuxOptions ?? ofPod.seLinuxOptions),
    ...(uid === undefined ? {} : { runAsUser: { value: uid } }),
    runAsUsername: runAsUser === undefined ? user.username : '',
    ...(runAsGroup === undefined ? {} : { runAsGroup: { value: BigInt(runAsGroup) } }),
    readonlyRootfs: own.readOnlyRootFilesystem === true,
    ...podGroups(pod, settings.volumeGroups),
    noNewPrivs: own.allowPrivilegeEscalation === false,
    maskedPaths: own.procMount === 'Unmasked' ? [] : [...settings.maskedPaths],
    readonlyPaths: own.procMount === 'Unmasked' ? [] : [...defaultReadonlyPaths],
    seccomp: seccompProfile(own.seccompProfile ?? ofPod.seccompProfile, settings.seccomp),
    ...appArmor(appArmorProfile(pod, container)),
  };
}

function seccompProfile(
  profile: SeccompProfile | undefined,
  settings: { default: boolean; profileRoot: string },
): DeepPartial<SecurityProfile> {
  const type = profile?.type ?? (settings.default ? 'RuntimeDefault' : 'Unconfined');
  if (type === 'RuntimeDefault') return { profileType: SecurityProfile_ProfileType.RuntimeDefault };
  if (type !== 'Localhost') return { profileType: SecurityProfile_ProfileType.Unconfined };
  if (!profile?.localhostProfile) {
    throw new Error('localhostProfile must be set if seccompProfile type is Localhost.');
  }
  const localhostRef = join(settings.profileRoot, profile.localhostProfile);
  return { profileType: SecurityProfile_ProfileType.Localhost, localhostRef };
}

/** The AppArmor profile, also in the older form that runtimes before it had a message of its own read. */
function appArmor(
  profile: AppArmorProfile | undefined,
): Pick<DeepPartial<LinuxContainerSecurityContext>, 'apparmor' | 'apparmorProfile'> {
  switch (profile?.type) {
    case undefined:
      return {};
    case 'RuntimeDefault':
      return {
        apparmor: { profileType: SecurityProfile_ProfileType.RuntimeDefault },
        apparmorProfile: 'runtime/default',
      };
    case 'Unconfined':
      return {
        apparmor: { profileType: SecurityProfile_ProfileType.Unconfined },
        apparmorProfile: 'unconfined',
      };
    case 'Localhost': {
      const { localhostProfile: localhostRef } = profile;
      if (localhostRef === undefined) throw new Error('missing localhost apparmor profile name');
      return {
        apparmor: { profileType: SecurityProfile_ProfileType.Localhost, localhostRef },
        apparmorProfile: `localhost/${localhostRef}`,
      };
    }
    default:
      throw new Error(`unknown apparmor profile type: ${JSON.stringify(profile?.type)}`);
  }
}

/** Refuses a container with runAsNonRoot that would run as root, or whose user has a name instead of a number. */
function verifyRunAsNonRoot(pod: Pod, container: Container, image: ImageUser): void {
  const own = container.securityContext ?? {};
  const ofPod = pod.spec.securityContext;
  if ((own.runAsNonRoot ?? ofPod.runAsNonRoot) !== true) return;
  const { name, namespace, uid } = pod.metadata;
  const where = `(pod: "${name}_${namespace}(${uid})", container: ${container.name})`;
  const runAsUser = own.runAsUser ?? ofPod.runAsUser;
  if (runAsUser !== undefined) {
    if (runAsUser === 0) throw new Error(`container's runAsUser breaks non-root policy ${where}`);
    return;
  }
  if (image.uid === undefined && image.username !== '') {
    throw new Error(
      `container has runAsNonRoot and image has non-numeric user (${image.username}), ` +
        `cannot verify user is non-root ${where}`,
    );
  }
  if ((image.uid ?? 0n) === 0n) {
    throw new Error(`container has runAsNonRoot and image will run as root ${where}`);
  }
  if ((image.uid ?? 0n) > maxUserId) {
    throw new Error(
      `container has runAsNonRoot and image has an invalid user id (${image.uid}). (Must be 1-(${maxUserId})): ` +
        `must be between 0 and ${maxUserId}, inclusive ${where}`,
    );
  }
}
