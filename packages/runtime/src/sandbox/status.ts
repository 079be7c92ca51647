import {
  type ContainerStatus,
  PodSandboxState,
  type PodSandboxStatus,
  PodSandboxStatus as PodSandboxStatusMessage,
  type PodSandboxStatusRequest,
  type PodSandboxStatusResponse,
} from '@berth/cri/generated/api.ts';
import { containerStatus } from '../container/status.ts';
import { notFound } from '../rpc/errors.ts';
import type { Sandbox } from '../state/sandbox.ts';
import type { State } from '../state/state.ts';
import { nowNs } from '../time/clock.ts';
import { type SandboxInfoServices, sandboxInfo } from './verbose-info.ts';

/** What PodSandboxStatus uses. */
export interface SandboxStatusServices extends SandboxInfoServices {
  readonly state: State;
}

/** PodSandboxStatus: answered from memory; `verbose` adds what `crictl inspectp` shows under info. */
export async function getPodSandboxStatus(
  services: SandboxStatusServices,
  { podSandboxId, verbose }: PodSandboxStatusRequest,
): Promise<PodSandboxStatusResponse> {
  const { state } = services;
  const sandbox = state.sandboxes.find(podSandboxId);
  const status = sandbox && sandboxStatus(sandbox);
  if (sandbox === undefined || status === undefined) throw notFound('pod', podSandboxId);
  const response = { status, containersStatuses: containersStatuses(state, sandbox), timestamp: nowNs() };
  if (!verbose) return { ...response, info: {} };
  return { ...response, info: { info: JSON.stringify(await sandboxInfo(services, sandbox)) } };
}

/** A sandbox as PodSandboxStatus and events show it; undefined while it is being created. */
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

/** SANDBOX_* of a sandbox; undefined while it is being created, when no RPC shows it. */
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
