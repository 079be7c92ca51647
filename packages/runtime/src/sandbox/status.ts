import type { PodSandboxStatusRequest, PodSandboxStatusResponse } from '@berth/cri/generated/api.ts';
import type { Context } from '../context.ts';
import { notFound } from '../rpc/errors.ts';
import { nowNs } from '../time/clock.ts';
import { containersStatuses, sandboxStatus } from './status-message.ts';
import { sandboxInfo } from './verbose-info.ts';

/** PodSandboxStatus: answered from memory; `verbose` adds what `crictl inspectp` shows under info. */
export async function getPodSandboxStatus(
  context: Context,
  { podSandboxId, verbose }: PodSandboxStatusRequest,
): Promise<PodSandboxStatusResponse> {
  const { state } = context;
  const sandbox = state.sandboxes.find(podSandboxId);
  const status = sandbox && sandboxStatus(sandbox);
  if (sandbox === undefined || status === undefined) throw notFound('pod', podSandboxId);
  const response = { status, containersStatuses: containersStatuses(state, sandbox), timestamp: nowNs() };
  if (!verbose) return { ...response, info: {} };
  return { ...response, info: { info: JSON.stringify(await sandboxInfo(context, sandbox)) } };
}
