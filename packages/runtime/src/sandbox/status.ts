import {
  type ContainerStatus,
  PodSandboxState,
  type PodSandboxStatus,
  PodSandboxStatus as PodSandboxStatusMessage,
  type PodSandboxStatusRequest,
  type PodSandboxStatusResponse,
} from '@berth/cri/generated/api.ts';
import { nowNs } from '../clock.ts';
import { containerStatus, readJson } from '../container/status.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import type { Sandbox } from '../state/sandbox.ts';
import type { State } from '../state/state.ts';

/** SANDBOX_* of a sandbox; undefined while it is being made, when it is not shown to anyone. */
export function criState(sandbox: Sandbox): PodSandboxState | undefined {
  switch (sandbox.state.phase) {
    case 'creating':
      return undefined;
    case 'ready':
      return PodSandboxState.SANDBOX_READY;
    case 'stopping':
    case 'stopped':
    case 'removing':
      return PodSandboxState.SANDBOX_NOTREADY;
  }
}

/** A sandbox as PodSandboxStatus and the events tell it; undefined while it is being made. */
export function sandboxStatus(sandbox: Sandbox): PodSandboxStatus | undefined {
  const state = criState(sandbox);
  if (state === undefined) return undefined;
  const [ip, ...additional] = sandbox.state.phase === 'ready' ? sandbox.state.ips : [];
  const { config } = sandbox;
  return PodSandboxStatusMessage.fromPartial({
    id: sandbox.id,
    metadata: config.metadata,
    state,
    createdAt: sandbox.createdAt,
    network: { ip: ip ?? '', additionalIps: additional.map((address) => ({ ip: address })) },
    linux: { namespaces: { options: config.linux?.securityContext?.namespaceOptions ?? {} } },
    labels: config.labels,
    annotations: config.annotations,
    runtimeHandler: sandbox.runtimeHandler,
  });
}

/** The statuses of a sandbox's containers, oldest first. */
export function containersStatuses(state: State, sandbox: Sandbox): ContainerStatus[] {
  return state.containers
    .ofSandbox(sandbox.id)
    .map(containerStatus)
    .filter((status) => status !== undefined);
}

/** PodSandboxStatus: answered from memory; `verbose` adds what `crictl inspectp` shows under info. */
export async function getPodSandboxStatus(
  { state, paths, network }: Context,
  { podSandboxId, verbose }: PodSandboxStatusRequest,
): Promise<PodSandboxStatusResponse> {
  const sandbox = state.sandboxes.find(podSandboxId);
  const status = sandbox && sandboxStatus(sandbox);
  if (sandbox === undefined || status === undefined) throw notFound('pod', podSandboxId);
  const response = { status, containersStatuses: containersStatuses(state, sandbox), timestamp: nowNs() };
  if (!verbose) return { ...response, info: {} };
  const init = sandbox.state.phase === 'ready' ? sandbox.state.init : undefined;
  const files = paths.sandbox(sandbox.id);
  const info = {
    pid: init?.init.pid ?? 0,
    runtimeHandler: sandbox.runtimeHandler,
    cgroupParent: sandbox.cgroupParent,
    networkNamespace: files.netns,
    cniResult: await network.result(sandbox.id),
    config: sandbox.config,
    runtimeSpec: init === undefined ? undefined : await readJson(files.init.config),
  };
  return { ...response, info: { info: JSON.stringify(info, bigintAsNumber) } };
}

function bigintAsNumber(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
