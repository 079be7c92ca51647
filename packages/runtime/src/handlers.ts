import type { RuntimeHandlers } from '@berth/cri/server/server.ts';
import { checkpointContainer } from './checkpoint/checkpoint-container.ts';
import { checkpointPod } from './checkpoint/checkpoint-pod.ts';
import { restorePod } from './checkpoint/restore-pod.ts';
import { createContainer } from './container/create.ts';
import { listContainers } from './container/list.ts';
import { removeContainer } from './container/remove.ts';
import { reopenContainerLog } from './container/reopen-log.ts';
import { startContainer } from './container/start.ts';
import { getContainerStatus } from './container/status.ts';
import { stopContainer } from './container/stop.ts';
import { updateContainerResources } from './container/update-resources.ts';
import type { Context } from './context.ts';
import type { LayerUsage } from './disk-usage/layer-usage.ts';
import { execSync } from './exec/exec-sync.ts';
import { podMetricsHandlers } from './pod-metrics/handlers.ts';
import { inChunks } from './rpc/chunks.ts';
import { runtimeConfig } from './runtime-status/runtime-config.ts';
import { status } from './runtime-status/status.ts';
import { updateRuntimeConfig } from './runtime-status/update-runtime-config.ts';
import { version } from './runtime-status/version.ts';
import { listPodSandboxes } from './sandbox/list.ts';
import { removePodSandbox } from './sandbox/remove.ts';
import { runPodSandbox } from './sandbox/run.ts';
import { getPodSandboxStatus } from './sandbox/status.ts';
import { stopPodSandbox } from './sandbox/stop.ts';
import { updatePodSandboxResources } from './sandbox/update-resources.ts';
import { StatsCollector } from './stats/collector.ts';
import { statsHandlers } from './stats/handlers.ts';
import type { StreamingService } from './streaming/service.ts';

/** The RPCs of RuntimeService that berthd serves; the others answer UNIMPLEMENTED. */
export function runtimeHandlers(
  context: Context,
  { layers, streaming }: { layers: LayerUsage; streaming: StreamingService },
): RuntimeHandlers {
  const collector = new StatsCollector(context, layers);
  return {
    version,
    status: (request) => status(context, request),
    updateRuntimeConfig: (request) => updateRuntimeConfig(context, request),
    runtimeConfig: () => runtimeConfig(context),
    runPodSandbox: (request, call) => runPodSandbox(context, request, call),
    stopPodSandbox: (request) => stopPodSandbox(context, request),
    removePodSandbox: (request) => removePodSandbox(context, request),
    podSandboxStatus: (request) => getPodSandboxStatus(context, request),
    listPodSandbox: (request) => listPodSandboxes(context, request),
    createContainer: (request, call) => createContainer(context, request, call),
    startContainer: (request) => startContainer(context, request),
    stopContainer: (request) => stopContainer(context, request),
    removeContainer: (request) => removeContainer(context, request),
    containerStatus: (request) => getContainerStatus(context, request),
    listContainers: (request) => listContainers(context, request),
    updateContainerResources: (request) => updateContainerResources(context, request),
    updatePodSandboxResources: (request) => updatePodSandboxResources(context, request),
    checkpointContainer: (request, call) => checkpointContainer(context, request, call),
    checkpointPod: (request, call) => checkpointPod(context, request, call),
    restorePod: (request, call) => restorePod(context, request, call),
    execSync: (request, call) => execSync(context, request, call),
    exec: (request, call) => streaming.exec(request, call),
    attach: (request, call) => streaming.attach(request, call),
    portForward: (request, call) => streaming.portForward(request, call),
    reopenContainerLog: (request) => reopenContainerLog(context, request),
    streamPodSandboxes: (request) =>
      inChunks(
        listPodSandboxes(context, request).then(({ items }) => items),
        (podSandboxes) => ({ podSandboxes }),
      ),
    streamContainers: (request) =>
      inChunks(
        listContainers(context, request).then((found) => found.containers),
        (containers) => ({ containers }),
      ),
    ...statsHandlers(context, collector),
    ...podMetricsHandlers(context, collector),
    getContainerEvents: (_request, { signal }) => context.events.subscribe(signal),
  };
}
