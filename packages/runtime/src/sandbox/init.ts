// Starts and removes the init process of a pod whose containers share a PID namespace.

import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import type { CgroupDriver } from '@berth/linux/cgroups/driver.ts';
import { signalProcess } from '@berth/linux/processes/process.ts';
import type { CgroupNaming } from '../cgroups/naming.ts';
import type { LiveConfig } from '../config/live-config.ts';
import { createWithConmon } from '../container/conmon-start.ts';
import { makeRootfsMountPoint } from '../container/rootfs.ts';
import { labelsOf } from '../container/selinux.ts';
import { findProgram } from '../host/programs.ts';
import type { OciRuntimes } from '../oci-runtime/detect.ts';
import type { OciRuntime } from '../oci-runtime/runtime.ts';
import type { HostFacts } from '../spec/input.ts';
import { sandboxInitSpec } from '../spec/sandbox-init.ts';
import { sandboxView } from '../spec/sandbox-view.ts';
import type { Paths } from '../state/paths.ts';
import type { ContainerProcesses } from '../state/process-ref.ts';
import { podRoot, type Sandbox, sandboxNamespaces } from '../state/sandbox.ts';
import { endConmon, removeBundle, runtimeOf } from '../teardown/container.ts';
import { mountTmpfs } from './files.ts';

/** What the init of a shared PID namespace uses. */
export interface SandboxInitServices {
  readonly config: LiveConfig;
  readonly paths: Paths;
  readonly runtimes: OciRuntimes;
  readonly cgroups: Cgroups;
  readonly cgroupDriver: CgroupDriver;
  readonly cgroupNaming: CgroupNaming;
  readonly host: HostFacts;
  readonly conmon: string;
}

/**
 * Starts the init of a pod whose containers share a PID namespace: it keeps the namespace alive and reaps orphans.
 * Other pods have no process of their own.
 */
export async function startInit(
  services: SandboxInitServices,
  sandbox: Sandbox,
  runtime: OciRuntime,
  signal: AbortSignal,
): Promise<ContainerProcesses> {
  using _move = services.cgroups.startRcuGracePeriod();
  const { init: bundle } = services.paths.sandbox(sandbox.id);
  const selinux = labelsOf(services, sandbox);
  const { users } = sandboxNamespaces(sandbox.config);
  const root = podRoot(sandboxNamespaces(sandbox.config));
  const rootfsPath = makeRootfsMountPoint(bundle, users === undefined ? undefined : root);
  const spec = sandboxInitSpec({
    sandbox: sandboxView(services, sandbox),
    initPath: findProgram(services.config.current.init, 'init of the shared PID namespace'),
    rootfsPath,
    host: services.host,
    selinux,
  });
  // A tmpfs of its own: the runtime creates mount points in it as the pod's root. With CAP_SYS_ADMIN in its user
  // namespace, that root can remount it writable, so it must not be the state directory's file system.
  const options = [`mode=0711,size=64k,nr_inodes=32,uid=${root.uid},gid=${root.gid}`];
  mountTmpfs(rootfsPath, options, selinux?.mount);
  writeFileSync(bundle.config, JSON.stringify(spec), { mode: 0o600 });
  const processes = await createWithConmon(services, {
    id: sandbox.id,
    name: sandbox.name,
    runtime,
    bundle,
    args: spec.process?.args ?? [],
    logPath: '',
    stdin: false,
    stdinOnce: false,
    tty: false,
    signal,
  });
  await runtime.start(sandbox.id, signal);
  return processes;
}

/** Kills the init, if there is one, and removes its files. Idempotent. */
export async function removeInit(services: SandboxInitServices, sandbox: Sandbox): Promise<void> {
  if (!sandboxNamespaces(sandbox.config).sharedPid) return;
  const init = sandbox.state.phase === 'ready' ? sandbox.state.init : undefined;
  if (init !== undefined) signalProcess(init.init, constants.signals.SIGKILL);
  const cgroup = services.cgroupNaming.containerCgroup(sandbox.cgroupParent, sandbox.id);
  await services.cgroupDriver.remove(cgroup, { kill: true });
  runtimeOf(services, sandbox)?.forget(sandbox.id);
  const { init: bundle } = services.paths.sandbox(sandbox.id);
  await endConmon(sandbox.id, bundle);
  await removeBundle(bundle);
}
