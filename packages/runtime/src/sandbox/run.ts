import {
  ContainerEventType,
  type RunPodSandboxRequest,
  type RunPodSandboxResponse,
} from '@berth/cri/generated/api.ts';
import { ownedCgroup } from '../cgroups/owned-cgroups.ts';
import { makeLogDirectory } from '../container/log-directory.ts';
import { labelsOf, levelForPod, warnOfUnusedOptions } from '../container/selinux.ts';
import type { Context } from '../context.ts';
import { podAttributes } from '../observability/tracing/tracer.ts';
import { checkUserNamespace } from '../oci-runtime/handler-features.ts';
import type { OciRuntime } from '../oci-runtime/runtime.ts';
import { withUndo } from '../rpc/undo.ts';
import type { Warn } from '../rpc/warn.ts';
import { newSandboxId } from '../state/ids.ts';
import { type Sandbox, sandboxHostname, sandboxNamespaces } from '../state/sandbox.ts';
import { nowNs } from '../time/clock.ts';
import { makeSandboxFiles } from './files.ts';
import { startInit } from './init.ts';
import { attachNetwork, pinNamespaces } from './network.ts';
import { publishSandboxEvent } from './pod-events.ts';
import { retrySandboxRemoval } from './retry.ts';
import { cgroupsOf, destroySandbox } from './teardown.ts';
import { sandboxName, type ValidSandboxConfig, validateSandboxConfig } from './validate.ts';

/** RunPodSandbox: everything of a pod but its containers. All or nothing. */
export async function runPodSandbox(
  context: Context,
  request: RunPodSandboxRequest,
  { signal }: { signal: AbortSignal },
): Promise<RunPodSandboxResponse> {
  const { log, state, queue, makings, tracer } = context;
  const { name: podName = '', namespace = '' } = request.config?.metadata ?? {};
  const warn: Warn = (field, problem) =>
    log.warning(`${field}: ${problem}`, { pod: `${namespace}/${podName}` });
  const config = validateSandboxConfig(request.config, warn);
  warnOfUnusedOptions(context, config.linux?.securityContext?.selinuxOptions, warn);
  const runtime = context.runtimes.get(request.runtimeHandler);
  await checkUserNamespace(context, runtime, sandboxNamespaces(config).users);
  await outwaitEarlier(context, sandboxName(config.metadata), signal);
  const sandbox = newSandbox(context, config, { handler: request.runtimeHandler, runtime: runtime.name });
  const labels = labelsOf(context, sandbox);
  const { id } = sandbox;
  const name = `${config.metadata.namespace}/${config.metadata.name}`;
  log.info(`Running pod sandbox: ${name}`, { sandbox: id });
  tracer.describe({ 'sandbox.id': id, ...podAttributes(config.metadata) });
  state.sandboxes.insert(sandbox);
  await makings.run([id], signal, (making) =>
    queue.run(id, () => makeSandbox(context, { sandbox, runtime, labels, signal: making })),
  );
  return { podSandboxId: id };
}

/**
 * Waits for the end of earlier calls for the same pod: a client that has given up asks again while what it asked for
 * first is being undone, and the name is free after that.
 */
async function outwaitEarlier({ state, makings }: Context, name: string, signal: AbortSignal): Promise<void> {
  for (let earlier: Sandbox | undefined; ; ) {
    const holder = state.sandboxes.named(name);
    if (holder?.state.phase !== 'creating' || holder.id === earlier?.id) return;
    earlier = holder;
    await makings.ended(holder.id);
    signal.throwIfAborted();
  }
}

interface Making {
  readonly sandbox: ReturnType<typeof newSandbox>;
  readonly runtime: OciRuntime;
  readonly labels: ReturnType<typeof labelsOf>;
  readonly signal: AbortSignal;
}

async function makeSandbox(context: Context, { sandbox, runtime, labels, signal }: Making): Promise<void> {
  const { log, state, paths, tracer } = context;
  const { id, config } = sandbox;
  await withUndo(log, async (undo) => {
    undo('remove the sandbox', () => abandonSandbox(context, sandbox));

    const namespaces = sandboxNamespaces(config);
    const hostname = sandboxHostname(sandbox);
    makeSandboxFiles(paths.sandbox(id), config, { hostname, namespaces, label: labels?.mount });
    if (config.logDirectory !== '') await makeLogDirectory(config.logDirectory, 'config.log_directory');
    const about = { 'sandbox.id': id };
    await tracer.span('namespaces', about, () => pinNamespaces(context, sandbox, hostname));
    const [ips, init] = await allEnded([
      namespaces.hostNetwork ? [] : tracer.span('network', about, () => attachNetwork(context, sandbox)),
      namespaces.sharedPid
        ? tracer.span('init', about, () => startInit(context, sandbox, runtime, signal))
        : undefined,
    ]);
    // A caller that has gone asks again, which must not find the name taken.
    signal.throwIfAborted();

    state.sandboxes.setState(id, { phase: 'ready', ips, init });
    publishSandboxEvent(context, id, ContainerEventType.CONTAINER_CREATED_EVENT);
    publishSandboxEvent(context, id, ContainerEventType.CONTAINER_STARTED_EVENT);
    const name = `${config.metadata.namespace}/${config.metadata.name}`;
    log.info(`Ran pod sandbox: ${name}`, { sandbox: id, ip: ips[0] });
  });
}

/** As Promise.all, but a failure waits for the others to end: nothing may go on being made while it is undone. */
async function allEnded<Steps extends readonly unknown[]>(steps: [...Steps]) {
  await Promise.allSettled(steps);
  return Promise.all(steps);
}

/** Removes a half-made sandbox. When that fails it is shown as not ready, and tried again. */
async function abandonSandbox(context: Context, sandbox: Sandbox): Promise<void> {
  try {
    await destroySandbox(context, sandbox);
  } catch (error) {
    retrySandboxRemoval(context, sandbox.id);
    throw error;
  }
}

function newSandbox(
  { config: { cgroupParent: defaultParent }, cgroupNaming, state, cgroups, host }: Context,
  config: ValidSandboxConfig,
  { handler, runtime }: { handler: string; runtime: string },
) {
  const cgroupParent = config.linux?.cgroupParent || defaultParent;
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
