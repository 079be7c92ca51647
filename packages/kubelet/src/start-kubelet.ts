// Starts the kubelet with its sources of pods and its servers.
import { writeFileSync } from 'node:fs';
import { plainMessage } from '@berth/common/errno-text.ts';
import { makeDirectoriesSync } from '@berth/common/files/directories.ts';
import { connectCri } from '@berth/cri/client/client.ts';
import { clampOomScoreAdj } from '@berth/linux/processes/oom-score.ts';
import { ServingIdentity } from './apiserver/certificates/serving-identity.ts';
import { type OpenApiConnection, openApiConnection } from './cluster/open-api-connection.ts';
import { podFeed } from './cluster/pods/pod-resource.ts';
import { PodConfig } from './config/pod-config.ts';
import { forgottenPath, podSources } from './config/sources.ts';
import { createLogger, setVerbosity } from './klog/klog.ts';
import { Kubelet } from './kubelet.ts';
import { noticeOtherKubelet } from './kuberuntime/other-kubelet.ts';
import { countServingCertificate } from './metrics/certificate-metrics.ts';
import { ReviewMetrics } from './metrics/review-metrics.ts';
import { hostIps } from './node/cluster/host-ips.ts';
import { Observation } from './observation/observation.ts';
import type { KubeletOptions } from './options/kubelet-options.ts';
import { servePodResources } from './podresources/pod-resources-server.ts';
import { lockRootDir } from './rootdir/instance-lock.ts';
import type { ServerHost } from './server/kubelet-routes.ts';
import type { Published } from './server/routes/zpages.ts';
import { startServers } from './server/start-servers.ts';

const log = createLogger('start-kubelet.ts');

/** The parameters of startKubelet. */
export interface KubeletSettings {
  options: KubeletOptions;
  version: string;
  /** What /configz and /flagz show. */
  published: Pick<Published, 'configuration' | 'flags'>;
  /** Ends a start that waits for the node's first certificate. */
  signal: AbortSignal;
}

/** Starts the kubelet with its sources and servers; `stop` leaves the pods running. */
export async function startKubelet({
  options: given,
  version,
  published,
  signal,
}: KubeletSettings): Promise<{ stop(): Promise<void> }> {
  await lockRootDir(given.rootDir);
  setOomScore(given.oomScoreAdj);
  const observation = new Observation(given.nodeName);
  const { registry } = observation.kubelet;
  const exit = (): void => process.exit(1);
  const connection = await openApiConnection(given, { version, registry, exit }, signal);
  const options = connection ? { ...given, nodeIps: await hostIps(given) } : given;
  // As Kubernetes has it; the folders of pods in it are 0755.
  makeDirectoriesSync(options.podLogsDir, 0o750);
  const { containerRuntimeEndpoint, imageServiceEndpoint, runtimeRequestTimeoutMs: timeoutMs } = options;
  const neighbour = noticeOtherKubelet(containerRuntimeEndpoint);
  const kubelet = new Kubelet({
    cri: connectCri(containerRuntimeEndpoint, { timeoutMs }),
    ...(imageServiceEndpoint === containerRuntimeEndpoint
      ? {}
      : { imageCri: connectCri(imageServiceEndpoint, { timeoutMs }) }),
    options,
    version,
    observation,
    ...(connection && { api: connection.api }),
  });
  const earlierPath = forgottenPath(options);
  if (earlierPath !== undefined) {
    log.warn('There is no manifest path; pods of an earlier one keep running (--adopt: end them)', {
      earlier: earlierPath,
    });
  }
  const sources = podSources(options, connection && clusterPods(kubelet, connection, options));
  const config = new PodConfig(sources, earlierPath === undefined);
  const serving = connection && (await servingIdentity(kubelet, connection, options));
  const host: ServerHost = {
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
    events: (pod) => kubelet.events.list(pod),
    restart: (pod) => kubelet.restart(pod),
    unhealthy: () =>
      kubelet.runtimeReady()
        ? undefined
        : `the container runtime does not answer at ${containerRuntimeEndpoint}`,
    devicePluginProblem: () => kubelet.devices.problem(),
    onHealthCheck: (name, isHealthy) => observation.health.checked(name, isHealthy),
  };
  const servers = await startServers(options, host, {
    certificates: serving,
    reviewer: connection?.api.client,
    reviewMetrics: connection && new ReviewMetrics(registry),
  });
  const podResources = await servePodResources({
    rootDir: options.rootDir,
    activePods: () => kubelet.activePods(),
    allPods: () => kubelet.desiredPods(),
    devices: kubelet.devices,
    claims: (pod, container) => kubelet.claims.ofContainer(pod, container),
    metrics: observation.kubelet.podResources,
  });
  config.start(
    (pods, objects, sourcesRead) => {
      kubelet.setObjects(objects);
      kubelet.setPods(pods, sourcesRead);
    },
    (served) => kubelet.setServed(served),
  );
  kubelet.join();
  log.info('Started kubelet', {
    version,
    node: options.nodeName,
    runtime: containerRuntimeEndpoint,
    staticPodPath: options.staticPodPath,
  });
  return {
    stop: async () => {
      await config.stop();
      for (const server of [...servers, podResources]) server.close();
      await kubelet.stop();
      await serving?.[Symbol.asyncDispose]();
      await connection?.[Symbol.asyncDispose]();
      neighbour[Symbol.dispose]();
    },
  };
}

/** The kernel kills pods before the kubelet when memory is short, as far as the kubelet may ask for that. */
function setOomScore(wanted: number): void {
  const score = clampOomScoreAdj(wanted);
  if (score !== wanted) {
    log.info('Lowering oom_score_adj of the kubelet needs CAP_SYS_RESOURCE', { wanted, score });
  }
  try {
    writeFileSync('/proc/self/oom_score_adj', String(score));
  } catch (error) {
    log.warn('Failed to set oom_score_adj of the kubelet', { score, err: plainMessage(error) });
  }
}

/** The pods of the API server, from when the node is there. */
function clusterPods(
  { clusterNode }: Kubelet,
  { api }: OpenApiConnection,
  { nodeName }: KubeletOptions,
): ReturnType<typeof podFeed> {
  return podFeed(api.client, nodeName, async (signal) => clusterNode?.seen(signal));
}

/** The certificate of the secure port from the API server; undefined when the node has one of its own. */
async function servingIdentity(
  kubelet: Kubelet,
  { api }: OpenApiConnection,
  { identity, secureServer, nodeName }: KubeletOptions,
): Promise<ServingIdentity | undefined> {
  if (!identity.requestsServing || secureServer.port === 0) return undefined;
  const { certDir, certFile, keyFile } = secureServer.tls;
  const serving = await ServingIdentity.open(
    { certDir, certFile, keyFile, nodeName },
    {
      client: api.client,
      addresses: () => kubelet.clusterNode?.current()?.status?.addresses ?? [],
      observer: (expiry) => countServingCertificate(kubelet.observation.kubelet.registry, expiry),
    },
  );
  kubelet.clusterNode?.onChange(() => serving.addressesChanged());
  return serving;
}
