// The PodResources API on `pod-resources/kubelet.sock` below the kubelet's root directory: monitoring asks it which pods
// have which devices. https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import { addService } from '@berth/cri/server/server.ts';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { type Pod, podKey } from '../api/pod.ts';
import { fullBucket, returnToken, takeToken } from '../apiserver/token-bucket.ts';
import type { DeviceInstance } from '../devices/device-instances.ts';
import { type GetPodResourcesRequest, PodResourcesListerDefinition } from '../generated/pod-resources.ts';
import { PodResourcesListerDefinition as ListerV1alpha1Definition } from '../generated/pod-resources-v1alpha1.ts';
import { createLogger } from '../klog/klog.ts';
import type { PodResourcesMetrics } from '../metrics/pod-resources-metrics.ts';
import { type ClaimsOf, containerDevice, podResources, podResourcesV1alpha1 } from './pod-resources.ts';

const log = createLogger('pod-resources-server.ts');

const maxRequestBytes = 64 * 1024;
/** How many calls one connection may have under way. */
const maxStreams = 16;
/** Of all clients together, as with the real kubelet. */
const rate = { qps: 100, burst: 10 };

/** What is told. */
export interface PodResourcesPorts {
  rootDir: string;
  /** Pods of this node that have not ended. */
  activePods(): readonly Pod[];
  /** All pods that this node shall run, rejected ones and those that have ended too. */
  allPods(): readonly Pod[];
  devices: {
    /** The devices of a container. */
    allocated(uid: string, container: string): readonly DeviceInstance[];
    /** The devices that containers can have, free or not. */
    allocatable(): readonly DeviceInstance[];
  };
  /** The claims of a container. Throws when one of them is not known, such as before it is prepared. */
  claims: ClaimsOf;
  metrics: PodResourcesMetrics;
}

/** Listens, replacing the socket of an earlier kubelet; `close` ends calls. Throws when it cannot listen. */
export async function servePodResources(ports: PodResourcesPorts): Promise<{ close(): void }> {
  const directory = join(ports.rootDir, 'pod-resources');
  const socket = join(directory, 'kubelet.sock');
  mkdirSync(directory, { recursive: true, mode: 0o750 });
  rmSync(socket, { force: true });
  const server = new Server({
    'grpc.max_receive_message_length': maxRequestBytes,
    'grpc.max_concurrent_streams': maxStreams,
    'grpc.enable_channelz': 0,
  });
  const around = rateLimited();
  addService(server, PodResourcesListerDefinition, handlers(ports), { around });
  addService(server, ListerV1alpha1Definition, handlersV1alpha1(ports), { around });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
  log.info('Starting to serve the podresources API', { endpoint: `unix:${socket}` });
  return { close: () => server.forceShutdown() };
}

function handlers({ activePods, devices, claims, metrics }: PodResourcesPorts) {
  const devicesOf = (uid: string, container: string) => devices.allocated(uid, container);
  const claimsOf: ClaimsOf = (pod, container) => {
    try {
      return claims(pod, container);
    } catch (error) {
      log.error('Unable to get container claim info state', { err: error, pod: podKey(pod) });
      return [];
    }
  };
  const resourcesOf = (pod: Pod) => podResources(pod, devicesOf, claimsOf);
  return {
    list: async () => {
      metrics.list('v1');
      return { podResources: activePods().map(resourcesOf) };
    },
    getAllocatableResources: async () => {
      metrics.getAllocatable();
      return { devices: devices.allocatable().map(containerDevice) };
    },
    get: async ({ podName: name, podNamespace: namespace }: GetPodResourcesRequest) => {
      metrics.get();
      const pod = activePods().find((each) => podKey(each) === `${namespace}/${name}`);
      if (pod) return { podResources: resourcesOf(pod) };
      metrics.getFailed();
      throw new CriError('UNKNOWN', `pod ${name} in namespace ${namespace} not found`);
    },
  };
}

function handlersV1alpha1({ allPods, devices, metrics }: PodResourcesPorts) {
  return {
    list: async () => {
      metrics.list('v1alpha1');
      return {
        podResources: allPods().map((pod) =>
          podResourcesV1alpha1(pod, (uid, container) => devices.allocated(uid, container)),
        ),
      };
    },
  };
}

/** Refuses what comes too fast, before anything is counted. */
function rateLimited() {
  let bucket = fullBucket(rate, performance.now());
  return async <Result>(_call: unknown, run: () => Promise<Result>): Promise<Result> => {
    const taken = takeToken(bucket, rate, performance.now());
    bucket = taken.bucket;
    if (taken.waitMs === 0) return await run();
    bucket = returnToken(bucket, rate);
    throw new CriError('RESOURCE_EXHAUSTED', 'rejected by rate limit');
  };
}
