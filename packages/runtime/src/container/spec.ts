// Derives a container's config.json: gathers the host's facts, mounts volumes, calls ociSpec(), adds CDI devices.

import type { LinuxContainerUser } from '@berth/cri/generated/api.ts';
import type { Spec } from '@berth/oci/runtime-spec/config.ts';
import { withCdiDevices } from '../cdi/inject.ts';
import type { LiveConfig } from '../config/live-config.ts';
import type { ImageRootfs } from '../image/rootfs.ts';
import type { Logger } from '../logging/log.ts';
import type { OciRuntimes } from '../oci-runtime/detect.ts';
import { runtimeFeatures } from '../oci-runtime/features.ts';
import { checkRecursiveReadOnly } from '../oci-runtime/handler-features.ts';
import type { Warn } from '../rpc/warn.ts';
import { runtimeAnnotations } from '../spec/annotations.ts';
import { gatherContainerFacts } from '../spec/host-inputs/container.ts';
import type { HostFacts } from '../spec/input.ts';
import { refuseTooLittleMemory } from '../spec/resources.ts';
import { sandboxView } from '../spec/sandbox-view.ts';
import type { SelinuxLabels } from '../spec/selinux.ts';
import { ociSpec } from '../spec/spec.ts';
import { type Container, processesOf } from '../state/container.ts';
import type { Paths } from '../state/paths.ts';
import { podRoot, type Sandbox, sandboxNamespaces } from '../state/sandbox.ts';
import type { State } from '../state/state.ts';
import { declaredVolumes } from './declared-volumes.ts';
import type { ImageVolume } from './image-volumes.ts';
import { podUserNamespace, rootfsOf } from './rootfs.ts';
import { relabelVolumes } from './selinux.ts';
import { refuseDisplacedSystem } from './system-mounts.ts';
import { mountVolumes } from './volumes.ts';

/** What deriving config.json of a container uses. */
export interface ContainerSpecServices {
  readonly config: LiveConfig;
  readonly log: Logger;
  readonly paths: Paths;
  readonly state: State;
  readonly runtimes: OciRuntimes;
  readonly host: HostFacts;
}

/** Makes config.json of a container. Its root file system has to be mounted. */
export async function containerSpec(
  services: ContainerSpecServices,
  {
    sandbox,
    container,
    image,
    volumes,
    selinux,
    warn,
  }: {
    sandbox: Sandbox;
    container: Container;
    image: ImageRootfs;
    volumes: readonly ImageVolume[];
    selinux: SelinuxLabels | undefined;
    warn: Warn;
  },
): Promise<Spec> {
  const userNamespace = podUserNamespace(services, sandbox);
  const rootfsPath = rootfsOf(services.paths.container(container.id).bundle, userNamespace !== undefined);
  refuseDisplacedSystem(rootfsPath, container.imageName);
  const declared = await declaredVolumes(
    { path: rootfsPath, owner: podRoot(sandboxNamespaces(sandbox.config)) },
    { name: container.imageName, volumes: image.config.config.Volumes ?? [] },
    container.config.mounts,
  );
  const config = { ...container.config, mounts: [...container.config.mounts, ...declared] };
  const facts = await gatherContainerFacts({
    config,
    rootfsPath,
    targetPid: targetPid(services, sandbox, container),
  });
  await relabelVolumes(selinux, facts.mounts, { sandbox, config: container.config });
  const mounts = await mountVolumes(config.mounts, facts.mounts, {
    images: volumes,
    directory: services.paths.container(container.id).bundle.volumes,
    pod: userNamespace,
    label: selinux?.mount,
  });
  const runtime = services.runtimes.get(sandbox.runtime);
  const { flavor, handler } = runtime;
  const spec = ociSpec({
    containerId: container.id,
    config,
    sandbox: sandboxView(services, sandbox),
    image: image.config.config,
    imageName: container.imageName,
    rootfsPath,
    handler: {
      annotations: runtimeAnnotations(runtime, sandbox.config.annotations, config.annotations),
      privilegedWithoutHostDevices: handler.privilegedWithoutHostDevices,
    },
    host: services.host,
    selinux,
    facts: { ...facts, mounts },
    warn,
  });
  await checkRecursiveReadOnly(services, runtime, config.mounts);
  refuseTooLittleMemory(spec.linux?.resources?.memory?.limit, flavor);
  const directories = services.config.current.cdi.specDirs;
  const whole = await withCdiDevices(spec, container.config, { directories, log: services.log });
  if (whole.linux?.netDevices !== undefined && !(await runtimeFeatures(runtime)).netDevices) {
    const names = Object.keys(whole.linux.netDevices).join(', ');
    warn(
      'config.CDI_devices',
      `${runtime.name} moves no network devices into containers, and leaves out ${names}`,
    );
  }
  return whole;
}

/** The user that a container's process runs as, for its status. */
export function containerUser({ process }: Spec): LinuxContainerUser | undefined {
  if (process === undefined) return undefined;
  const { uid, gid, additionalGids = [] } = process.user;
  return { uid: BigInt(uid), gid: BigInt(gid), supplementalGroups: additionalGids.map(BigInt) };
}

/** The process whose PID namespace the container joins, for the debug containers of `kubectl debug --target`. */
function targetPid(
  { state }: { readonly state: State },
  sandbox: Sandbox,
  { config }: Container,
): number | undefined {
  const id = config.linux?.securityContext?.namespaceOptions?.targetId ?? '';
  const target = id === '' ? undefined : state.containers.find(id);
  if (target?.sandboxId !== sandbox.id || target.state.phase !== 'running') return undefined;
  return processesOf(target)?.init.pid;
}
