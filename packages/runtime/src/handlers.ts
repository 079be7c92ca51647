// Maps each RPC of the CRI's RuntimeService to the function that serves it; start here to find an RPC.

import type { RuntimeHandlers } from '@berth/cri/server/server.ts';
import type { CachedDiskUsage } from '@berth/linux/files/cached-disk-usage.ts';
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
import type { Services } from './services.ts';
import { StatsCollector } from './stats/collector.ts';
import { statsHandlers } from './stats/handlers.ts';
import type { StreamingService } from './streaming/service.ts';

/** The RPCs of RuntimeService that berthd serves; the others answer UNIMPLEMENTED. */
export function runtimeHandlers(
  services: Services,
  { layers, streaming }: { layers: CachedDiskUsage; streaming: StreamingService },
): RuntimeHandlers {
  const collector = new StatsCollector(services, layers);
  return {
    version,
    status: (request) => status(services, request),
    updateRuntimeConfig: (request) => updateRuntimeConfig(services, request),
    runtimeConfig: () => runtimeConfig(services),
    runPodSandbox: (request, call) => runPodSandbox(services, request, call),
    stopPodSandbox: (request) => stopPodSandbox(services, request),
    removePodSandbox: (request) => removePodSandbox(services, request),
    podSandboxStatus: (request) => getPodSandboxStatus(services, request),
    listPodSandbox: (request) => listPodSandboxes(services, request),
    createContainer: (request, call) => createContainer(services, request, call),
    startContainer: (request) => startContainer(services, request),
    stopContainer: (request) => stopContainer(services, request),
    removeContainer: (request) => removeContainer(services, request),
    containerStatus: (request) => getContainerStatus(services, request),
    listContainers: (request) => listContainers(services, request),
    updateContainerResources: (request) => updateContainerResources(services, request),
    updatePodSandboxResources: (request) => updatePodSandboxResources(services, request),
    checkpointContainer: (request, call) => checkpointContainer(services, request, call),
    checkpointPod: (request, call) => checkpointPod(services, request, call),
    restorePod: (request, call) => restorePod(services, request, call),
    execSync: (request, call) => execSync(services, request, call),
    exec: (request, call) => streaming.exec(request, call),
    attach: (request, call) => streaming.attach(request, call),
    portForward: (request, call) => streaming.portForward(request, call),
    reopenContainerLog: (request) => reopenContainerLog(services, request),
    streamPodSandboxes: (request) =>
      inChunks(
        listPodSandboxes(services, request).then(({ items }) => items),
        (podSandboxes) => ({ podSandboxes }),
      ),
    streamContainers: (request) =>
      inChunks(
        listContainers(services, request).then((found) => found.containers),
        (containers) => ({ containers }),
      ),
    ...statsHandlers(services, collector),
    ...podMetricsHandlers(services, collector),
    getContainerEvents: (_request, { signal }) => services.events.subscribe(signal),
  };
}
