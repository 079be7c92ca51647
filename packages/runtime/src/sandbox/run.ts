import type { KeyedQueue } from '@berth/common/keyed-queue.ts';
import {
  ContainerEventType,
  type RunPodSandboxRequest,
  type RunPodSandboxResponse,
} from '@berth/cri/generated/api.ts';
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import type { CgroupNaming } from '../cgroups/naming.ts';
import { ownedCgroup } from '../cgroups/owned-cgroups.ts';
import type { LiveConfig } from '../config/live-config.ts';
import type { AbortableOperations } from '../container/abortable-operations.ts';
import { makeLogDirectory } from '../container/log-directory.ts';
import { labelsOf, levelForPod, warnOfUnusedOptions } from '../container/selinux.ts';
import type { ContainerEvents } from '../events/container-events.ts';
import type { Logger } from '../logging/log.ts';
import { attachSandbox } from '../network/attach.ts';
import { podAttributes, type Tracer } from '../observability/tracing/tracer.ts';
import type { OciRuntimes } from '../oci-runtime/detect.ts';
import { checkUserNamespace } from '../oci-runtime/handler-features.ts';
import type { OciRuntime } from '../oci-runtime/runtime.ts';
import { withUndo } from '../rpc/undo.ts';
import type { Warn } from '../rpc/warn.ts';
import type { HostFacts } from '../spec/input.ts';
import { newSandboxId } from '../state/ids.ts';
import type { Paths } from '../state/paths.ts';
import { type Sandbox, sandboxHostname, sandboxNamespaces } from '../state/sandbox.ts';
import type { State } from '../state/state.ts';
import { nowNs } from '../time/clock.ts';
import { makeSandboxFiles } from './files.ts';
import { startInit } from './init.ts';
import { attachRequest, pinNamespaces, type SandboxNetworkServices } from './network.ts';
import { retrySandboxRemoval, type SandboxRetryServices } from './retry.ts';
import { cgroupsOf, destroySandbox } from './teardown.ts';
import { sandboxName, type ValidSandboxConfig, validateSandboxConfig } from './validate.ts';

/** What RunPodSandbox uses. */
export interface RunSandboxServices extends SandboxNetworkServices, SandboxRetryServices {
  readonly config: LiveConfig;
  readonly log: Logger;
  readonly paths: Paths;
  readonly state: State;
  readonly queue: KeyedQueue;
  readonly events: ContainerEvents;
  readonly runtimes: OciRuntimes;
  readonly cgroups: Cgroups;
  readonly cgroupNaming: CgroupNaming;
  readonly host: HostFacts;
  readonly operations: AbortableOperations;
  readonly tracer: Tracer;
}

/** RunPodSandbox: creates everything of a pod except its containers. All or nothing. */
export async function runPodSandbox(
  services: RunSandboxServices,
  request: RunPodSandboxRequest,
  { signal }: { signal: AbortSignal },
): Promise<RunPodSandboxResponse> {
  const { log, state, queue, operations, tracer } = services;
  const { name: podName = '', namespace = '' } = request.config?.metadata ?? {};
  const warn: Warn = (field, problem) =>
    log.warning(`${field}: ${problem}`, { pod: `${namespace}/${podName}` });
  const config = validateSandboxConfig(request.config, warn);
  warnOfUnusedOptions(services, config.linux?.securityContext?.selinuxOptions, warn);
  const runtime = services.runtimes.get(request.runtimeHandler);
  await checkUserNamespace(services, runtime, sandboxNamespaces(config).users);
  await waitForEarlierCalls(services, sandboxName(config.metadata), signal);
  const sandbox = newSandbox(services, config, { handler: request.runtimeHandler, runtime: runtime.name });
  const labels = labelsOf(services, sandbox);
  const { id } = sandbox;
  const name = `${config.metadata.namespace}/${config.metadata.name}`;
  log.info(`Running pod sandbox: ${name}`, { sandbox: id });
  tracer.describe({ 'sandbox.id': id, ...podAttributes(config.metadata) });
  state.sandboxes.insert(sandbox);
  await operations.run([id], signal, (aborting) =>
    queue.run(id, () => makeSandbox(services, { sandbox, runtime, labels, signal: aborting })),
  );
  return { podSandboxId: id };
}

/**
 * Waits for the end of earlier calls for the same pod: a client whose call timed out retries while the first call is
 * still being rolled back. The rollback frees the name.
 */
async function waitForEarlierCalls(
  { state, operations }: { readonly state: State; readonly operations: AbortableOperations },
  name: string,
  signal: AbortSignal,
): Promise<void> {
  for (let earlier: Sandbox | undefined; ; ) {
    const holder = state.sandboxes.named(name);
    if (holder?.state.phase !== 'creating' || holder.id === earlier?.id) return;
    earlier = holder;
    await operations.ended(holder.id);
    signal.throwIfAborted();
  }
}

interface SandboxCreation {
  readonly sandbox: ReturnType<typeof newSandbox>;
  readonly runtime: OciRuntime;
  readonly labels: ReturnType<typeof labelsOf>;
  readonly signal: AbortSignal;
}

async function makeSandbox(
  services: RunSandboxServices,
  { sandbox, runtime, labels, signal }: SandboxCreation,
): Promise<void> {
  const { log, network, state, paths, tracer } = services;
  const { id, config } = sandbox;
  await withUndo(log, async (undo) => {
    undo('remove the sandbox', () => abandonSandbox(services, sandbox));

    const namespaces = sandboxNamespaces(config);
    const hostname = sandboxHostname(sandbox);
    makeSandboxFiles(paths.sandbox(id), config, { hostname, namespaces, label: labels?.mount });
    if (config.logDirectory !== '') await makeLogDirectory(config.logDirectory, 'config.log_directory');
    const about = { 'sandbox.id': id };
    await tracer.span('namespaces', about, () => pinNamespaces(services, sandbox, hostname));
    const attach = () => attachSandbox(network, attachRequest(services, sandbox));
    const [attached, init] = await allEnded([
      // The attach is not cancelled: a killed plugin may leave an address lease behind for a removed sandbox.
      namespaces.hostNetwork ? undefined : tracer.span('network', about, attach),
      namespaces.sharedPid
        ? tracer.span('init', about, () => startInit(services, sandbox, runtime, signal))
        : undefined,
    ]);
    // The caller disconnected and will retry; the rollback frees the name.
    signal.throwIfAborted();

    const ips = attached?.ips ?? [];
    state.sandboxes.setState(id, { phase: 'ready', ips, init });
    services.events.sandbox(id, ContainerEventType.CONTAINER_CREATED_EVENT);
    services.events.sandbox(id, ContainerEventType.CONTAINER_STARTED_EVENT);
    const name = `${config.metadata.namespace}/${config.metadata.name}`;
    log.info(`Ran pod sandbox: ${name}`, { sandbox: id, ip: ips[0] });
  });
}

/** Like Promise.all, but rejects only after all steps have ended, so that no step runs while others are undone. */
async function allEnded<Steps extends readonly unknown[]>(steps: [...Steps]) {
  await Promise.allSettled(steps);
  return Promise.all(steps);
}

/** Rolls back a creation. A sandbox that cannot be removed is shown as not ready, and the removal is retried. */
async function abandonSandbox(services: RunSandboxServices, sandbox: Sandbox): Promise<void> {
  try {
    await destroySandbox(services, sandbox);
  } catch (error) {
    retrySandboxRemoval(services, sandbox.id);
    throw error;
  }
}

function newSandbox(
  { config: settings, cgroupNaming, state, cgroups, host }: RunSandboxServices,
  config: ValidSandboxConfig,
  { handler, runtime }: { handler: string; runtime: string },
) {
  const cgroupParent = config.linux?.cgroupParent || settings.current.cgroupParent;
  cgroupNaming.checkParent(cgroupParent);
  return {
    id: newSandboxId(),
    name: sandboxName(config.metadata),
    config,
    runtimeHandler: handler,
    runtime,
    createdAt: nowNs(),
    cgroupParent,
    ownedCgroup: ownedCgroup(cgroupNaming.podCgroup(cgroupParent), cgroupsOf(state, cgroupNaming), (path) =>
      cgroups.exists(path),
    ),
    selinuxLevel: levelForPod({ host, state }),
    state: { phase: 'creating' },
  } satisfies Sandbox;
}
