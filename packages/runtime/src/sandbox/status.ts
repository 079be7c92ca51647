import type { PodSandboxStatusRequest, PodSandboxStatusResponse } from '@berth/cri/generated/api.ts';
import { nowNs } from '../clock.ts';
import { readJson } from '../container/status.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import { containersStatuses, sandboxStatus } from '../pod-status/sandbox.ts';

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
