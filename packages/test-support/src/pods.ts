// CRI requests of a small pod, and the calls that a kubelet makes to bring it up and down.
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { CriClient } from '@berth/cri/client/client.ts';
import {
  type ContainerConfig,
  type DeepPartial,
  NamespaceMode,
  type PodSandboxConfig,
} from '@berth/cri/generated/api.ts';

/** The image that the tests build from the machine's own busybox. */
export const testImage = 'localhost/berth-test/busybox:1';

export interface PodFixture {
  client: CriClient;
  /** Below it each pod gets its log folder. */
  logDir: string;
  cgroupParent?: string;
  /** Repeated as the sandbox's and containers' attempt, names and uid unless given. */
  name: string;
}

export interface RunningPod {
  sandboxId: string;
  containerId: string;
}

/** Network and IPC shared in the pod, a PID namespace for each container: the kubelet's default. */
const namespaceOptions = { network: NamespaceMode.POD, pid: NamespaceMode.CONTAINER, ipc: NamespaceMode.POD };

/** A PodSandboxConfig as a kubelet sends it for a small pod on the pod network. */
export function sandboxConfig(
  options: Pick<PodFixture, 'name' | 'logDir' | 'cgroupParent'>,
): DeepPartial<PodSandboxConfig> & { logDirectory: string } {
  const uid = randomUUID();
  const logDirectory = `${options.logDir}/default_${options.name}_${uid}`;
  return {
    metadata: { name: options.name, uid, namespace: 'default', attempt: 0 },
    hostname: options.name,
    logDirectory,
    dnsConfig: { servers: ['192.0.2.53'], searches: [], options: [] },
    labels: { 'io.kubernetes.pod.name': options.name, 'io.kubernetes.pod.uid': uid },
    linux: {
      cgroupParent: options.cgroupParent ?? '',
      securityContext: { namespaceOptions },
    },
  };
}

/** A ContainerConfig that runs `command` from the test image, logging to `main/0.log`. */
export function containerConfig(command: string[]): DeepPartial<ContainerConfig> {
  return {
    metadata: { name: 'main', attempt: 0 },
    image: { image: testImage },
    command,
    logPath: 'main/0.log',
    linux: { securityContext: { namespaceOptions } },
  };
}

/** RunPodSandbox, CreateContainer, StartContainer: what "pod up" means in every measurement. */
export async function podUp(fixture: PodFixture, command = ['/bin/sleep', '3600']): Promise<RunningPod> {
  const { runtime } = fixture.client;
  const config = sandboxConfig(fixture);
  mkdirSync(`${config.logDirectory}/main`, { recursive: true });
  const { podSandboxId: sandboxId } = await runtime.runPodSandbox({ config });
  const { containerId } = await runtime.createContainer({
    podSandboxId: sandboxId,
    config: containerConfig(command),
    sandboxConfig: config,
  });
  await runtime.startContainer({ containerId });
  return { sandboxId, containerId };
}

/** StopContainer(0), StopPodSandbox, RemovePodSandbox: what "pod down" means in every measurement. */
export async function podDown(client: CriClient, pod: RunningPod): Promise<void> {
  await client.runtime.stopContainer({ containerId: pod.containerId, timeout: 0n });
  await client.runtime.stopPodSandbox({ podSandboxId: pod.sandboxId });
  await client.runtime.removePodSandbox({ podSandboxId: pod.sandboxId });
}
