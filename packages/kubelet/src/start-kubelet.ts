// Starts the kubelet with its sources of pods and its servers.
import { makeDirectoriesSync } from '@berth/common/files/directories.ts';
import { connectCri } from '@berth/cri/client/client.ts';
import { PodConfig } from './config/pod-config.ts';
import { podSources } from './config/sources.ts';
import { createLogger, setVerbosity } from './klog/klog.ts';
import { Kubelet } from './kubelet.ts';
import type { KubeletOptions } from './options/kubelet-options.ts';
import { lockRootDir } from './rootdir/instance-lock.ts';
import type { Published } from './server/routes/zpages.ts';
import { startServers } from './server/start-servers.ts';

const log = createLogger('start-kubelet.ts');

/** The parameters of startKubelet. */
export interface KubeletSettings {
  options: KubeletOptions;
  version: string;
  /** What /configz and /flagz show. */
  published: Pick<Published, 'configuration' | 'flags'>;
}

/** Starts the kubelet with its sources and servers; `stop` leaves the pods running. */
export async function startKubelet({
  options,
  version,
  published,
}: KubeletSettings): Promise<{ stop(): Promise<void> }> {
  await lockRootDir(options.rootDir);
  // As Kubernetes has it; the folders of pods in it are 0755.
  makeDirectoriesSync(options.podLogsDir, 0o750);
  const { containerRuntimeEndpoint, imageServiceEndpoint, runtimeRequestTimeoutMs: timeoutMs } = options;
  const kubelet = new Kubelet({
    cri: connectCri(containerRuntimeEndpoint, { timeoutMs }),
    ...(imageServiceEndpoint === containerRuntimeEndpoint
      ? {}
      : { imageCri: connectCri(imageServiceEndpoint, { timeoutMs }) }),
    options,
  });
  const config = new PodConfig(podSources(options));
  const { observation } = kubelet;
  observation.kubelet.setVersion(version);
  const servers = await startServers(options, {
    runtime: kubelet.runtime,
    options,
    published: {
      ...published,
      release: version.replace(/^v|\+.*$/g, ''),
      startedAt: new Date(Date.now() - process.uptime() * 1000),
    },
    setVerbosity,
    endpoints: observation.endpoints(),
    observe: observation.kubelet.server.observe,
    pods: () => kubelet.pods(),
    rejected: () => [
      ...config.rejected(),
      ...kubelet.rejected().map(({ pod, detail }) => config.asRejected(pod, detail)),
    ],
    unhealthy: () =>
      kubelet.runtimeReady()
        ? undefined
        : `the container runtime does not answer at ${containerRuntimeEndpoint}`,
    onHealthCheck: (name, isHealthy) => observation.health.checked(name, isHealthy),
  });
  config.start((pods, objects) => {
    kubelet.setObjects(objects);
    kubelet.setPods(pods);
  });
  log.info('Started kubelet', {
    version,
    node: options.nodeName,
    runtime: containerRuntimeEndpoint,
    staticPodPath: options.staticPodPath,
  });
  return {
    stop: async () => {
      await config.stop();
      for (const server of servers) server.close();
      await kubelet.stop();
    },
  };
}
