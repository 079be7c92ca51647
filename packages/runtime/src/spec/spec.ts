// Derives config.json from CRI request, pod, image and host: calls the other files of spec/ in turn. Pure.

import { posix } from 'node:path';
import type { Linux, Process, Spec } from '@berth/oci/runtime-spec/config.ts';
import { specAnnotations } from './annotations.ts';
import { apparmorProfile } from './apparmor.ts';
import { processCapabilities } from './capabilities.ts';
import { containerDevices } from './devices.ts';
import type { SpecInput } from './input.ts';
import { containerMounts } from './mounts.ts';
import { idMappings, namespaces } from './namespaces.ts';
import { processArgs, processCwd, processEnv } from './process.ts';
import { linuxResources, oomScoreAdj } from './resources.ts';
import { seccompFilter } from './seccomp.ts';
import { checkUnsupported } from './unsupported.ts';
import { processUser, refuseUnmapped } from './user.ts';

/** crun before 1.9 refuses every newer version, and berthd uses no newer feature. */
export const ociSpecVersion = '1.0.2';

/**
 * Derives config.json of a container. Pure. Refuses a field that cannot take effect with INVALID_ARGUMENT and the
 * field's name.
 */
export function ociSpec(input: SpecInput): Spec {
  const { config, sandbox } = input;
  checkUnsupported(config, sandbox, input.warn);
  const security = config.linux?.securityContext;
  const { mounts, rootfsPropagation } = containerMounts({
    requests: config.mounts,
    sources: input.facts.mounts,
    hostShm: input.facts.hostShm,
    sandbox,
    privileged: security?.privileged ?? false,
    readonlyRootfs: security?.readonlyRootfs ?? false,
    warn: input.warn,
  });
  const process = containerProcess(input);
  return {
    ociVersion: ociSpecVersion,
    process,
    root: { path: input.rootfsPath, readonly: security?.readonlyRootfs ?? false },
    mounts,
    annotations: {
      ...input.handler.annotations,
      ...specAnnotations({
        sandbox,
        type: 'container',
        containerName: config.metadata?.name ?? '',
        imageName: input.imageName,
      }),
    },
    linux: {
      ...containerLinux(input, process.capabilities?.bounding ?? []),
      ...(rootfsPropagation === undefined ? {} : { rootfsPropagation }),
    },
  };
}

function containerProcess(input: SpecInput): Process {
  const { config, image, sandbox, host, facts, selinux, warn } = input;
  const security = config.linux?.securityContext;
  const profile = apparmorProfile(security, facts.apparmor);
  const user = processUser({
    security,
    imageUser: image.User ?? '',
    passwd: facts.passwd,
    group: facts.group,
  });
  refuseUnmapped(user, sandbox.users);
  return {
    terminal: config.tty,
    user,
    args: processArgs(config, image),
    env: processEnv({ image, envs: config.envs, hostname: sandbox.hostname, terminal: config.tty, warn }),
    cwd: processCwd(config, image, warn),
    capabilities: processCapabilities({
      request: security?.capabilities,
      privileged: security?.privileged ?? false,
      bounding: host.boundingCapabilities,
      warn,
    }),
    noNewPrivileges: security?.noNewPrivs ?? false,
    ...(profile === undefined ? {} : { apparmorProfile: profile }),
    ...(selinux?.process ? { selinuxLabel: selinux.process } : {}),
    rlimits: [...host.rlimits],
    oomScoreAdj: oomScoreAdj(config.linux?.resources, host),
  };
}

function containerLinux(input: SpecInput, capabilities: readonly string[]): Linux {
  const { config, sandbox, host, facts } = input;
  const security = config.linux?.securityContext;
  const privileged = security?.privileged ?? false;
  const { devices, rules } = containerDevices({
    requested: facts.devices,
    hostDevices: facts.hostDevices,
    privileged: privileged && !input.handler.privilegedWithoutHostDevices,
  });
  const seccomp = seccompFilter({
    security,
    arch: host.arch,
    kernel: host.kernel,
    enabled: host.seccomp,
    capabilities,
    localhostProfile: facts.seccompProfile,
    warn: input.warn,
  });
  return {
    namespaces: namespaces({
      request: security?.namespaceOptions,
      sandbox,
      targetPid: facts.targetPid,
      cgroupVersion: host.cgroupVersion,
      privileged,
      warn: input.warn,
    }),
    ...idMappings(sandbox),
    cgroupsPath: host.cgroupNaming.cgroupsPath(sandbox.cgroupParent, input.containerId),
    resources: {
      ...linuxResources(config.linux?.resources, host, { field: 'config.linux.resources', warn: input.warn }),
      devices: rules,
    },
    devices,
    ...(input.selinux?.mount ? { mountLabel: input.selinux.mount } : {}),
    ...(seccomp === undefined ? {} : { seccomp }),
    maskedPaths: privileged ? [] : fromRoot(security?.maskedPaths),
    readonlyPaths: privileged ? [] : fromRoot(security?.readonlyPaths),
  };
}

/**
 * Resolves relative paths against the container's root, as the OCI runtimes do, and drops empty ones, which would be
 * the root itself.
 */
function fromRoot(paths: readonly string[] = []): string[] {
  return paths
    .filter((path) => path !== '')
    .map((path) => (path.startsWith('/') ? path : posix.join('/', path)));
}
