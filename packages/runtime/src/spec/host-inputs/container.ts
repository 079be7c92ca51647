import { messageOf } from '@berth/common/error-message.ts';
import { readRegularFile } from '@berth/common/files/regular-file.ts';
import type { ContainerConfig } from '@berth/cri/generated/api.ts';
import { readAppArmor } from '../../apparmor/detect.ts';
import { invalid } from '../../rpc/errors.ts';
import type { ContainerFacts } from '../input.ts';
import { seccompChoice } from '../seccomp.ts';
import { parseSeccompProfile, type SeccompProfile } from '../seccomp-profile.ts';
import { hostDevices, lookUpDevices } from './device-nodes.ts';
import { lookUpMountSources, mountAt, readMountTable } from './mount-sources.ts';
import { readUserFiles } from './user-files.ts';

/** Maximum size of a seccomp profile. One that lists every system call with arguments has a few hundred KiB. */
const maxSeccompBytes = 4 * 1024 * 1024;

/**
 * Reads the facts of the host that `ociSpec` needs for one container. The only side effect is that it creates missing
 * host paths of mounts.
 */
export async function gatherContainerFacts(options: {
  config: ContainerConfig;
  /** The mounted root file system. */
  rootfsPath: string;
  /** Pid of the container that `namespace_options.target_id` names, if it runs. */
  targetPid?: number | undefined;
}): Promise<ContainerFacts> {
  const { config, rootfsPath, targetPid } = options;
  const privileged = config.linux?.securityContext?.privileged ?? false;
  const table = readMountTable();
  const [mounts, devices, allDevices, seccompProfile] = await Promise.all([
    lookUpMountSources(config.mounts, table),
    lookUpDevices(config.devices),
    privileged ? hostDevices() : [],
    localhostSeccompProfile(config),
  ]);
  return {
    ...readUserFiles(rootfsPath),
    mounts,
    hostShm: mountAt('/dev/shm', await table).restrictions,
    devices,
    hostDevices: allDevices,
    seccompProfile,
    apparmor: readAppArmor(),
    targetPid,
  };
}

async function localhostSeccompProfile(config: ContainerConfig): Promise<SeccompProfile | undefined> {
  const choice = seccompChoice(config.linux?.securityContext);
  if (choice.kind !== 'localhost') return undefined;
  let text: string;
  try {
    text = (await readRegularFile(choice.path, { maxBytes: maxSeccompBytes })).toString();
  } catch (error) {
    const reason = messageOf(error);
    throw invalid('config.linux.security_context.seccomp', `cannot read the profile: ${reason}`);
  }
  return parseSeccompProfile(text, choice.path);
}
