// Resizes a pod: gives its cgroup and its running containers other CPU and memory. Memory first, then CPU; of each, the
// pod before its containers where it grows, and after them where it shrinks. Stops at the first failure.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { findContainer } from '../../api/each-container.ts';
import { type Container, type Pod, podKey } from '../../api/pod.ts';
import type { CgroupNode, CgroupSettings } from '../../cgroups/cgroup-node.ts';
import type { PodCgroups } from '../../cgroups/pod-cgroups.ts';
import { cpuResize, memoryResize, type PodResize } from '../../cgroups/pod-resize.ts';
import { type CgroupLimits, overheadResources, sandboxResources } from '../../cgroups/pod-resources.ts';
import {
  type ActuatedSizes,
  podSizes,
  resourcesOfSize,
  type Sizes,
  unknownSizes,
  withSizes,
} from '../../cgroups/sizes.ts';
import { linuxResources } from '../../containers/linux-resources.ts';
import { createLogger } from '../../klog/klog.ts';
import { rpcErrorText } from '../../kubecontainer/rpc-error-text.ts';
import { sandboxLinuxResources } from '../../sandbox/sandbox-config.ts';
import type { ContainerResize, ResizePod } from '../actions/actions.ts';
import type { Effect } from './effect.ts';
import { refuseMemoryInUse } from './memory-in-use.ts';

const log = createLogger('resize-pod.ts');

/** The parameters of resizing a pod. */
export interface ResizePodPorts {
  runtime: Pick<RuntimeClient, 'containerStats' | 'updateContainerResources' | 'updatePodSandboxResources'>;
  cgroups: Pick<PodCgroups, 'sizes' | 'resize'>;
  cgroupNode: CgroupNode;
  options: CgroupSettings;
}

/** The effect that resizes a pod. A failure is told in its status, and the rest is tried again. */
export function resizePodEffect(ports: ResizePodPorts): Effect<'resize-pod'> {
  return async (step, { pod, runtime, resize }) => {
    const round = new ResizeRound(pod, runtime.sandboxes[0]?.id, resize.actuated, ports);
    try {
      await round.run(step);
      return { result: 'pod-resized', actuated: round.actuated, error: undefined };
    } catch (error) {
      log.error('Failed to resize pod', { err: error, pod: podKey(pod) });
      // The pod's cgroup may have any size now, so that the next attempt changes it as well.
      const actuated = { ...round.actuated, pod: unknownSizes };
      return { result: 'pod-resized', actuated, error: rpcErrorText(error) };
    }
  };
}

/** One attempt, which remembers what is done. */
class ResizeRound {
  readonly #pod: Pod;
  readonly #sandboxId: string | undefined;
  readonly #ports: ResizePodPorts;
  actuated: ActuatedSizes;

  constructor(pod: Pod, sandboxId: string | undefined, actuated: ActuatedSizes, ports: ResizePodPorts) {
    this.#pod = pod;
    this.#sandboxId = sandboxId;
    this.#ports = ports;
    this.actuated = actuated;
  }

  async run({ memory, cpu, wholePod }: ResizePod): Promise<void> {
    const { cgroups, runtime } = this.#ports;
    const sizes = cgroups.sizes(this.#pod);
    if (memory.length > 0 || wholePod) {
      await refuseMemoryInUse(memory, sizes, runtime);
      await this.#change(memory, 'memory', sizes && memoryResize(sizes.present, sizes.wanted));
    }
    if (cpu.length > 0 || wholePod) {
      await this.#change(cpu, 'cpu', sizes && cpuResize(sizes.present, sizes.wanted));
    }
    this.actuated = { ...this.actuated, pod: podSizes(this.#pod) };
  }

  async #change(
    resizes: readonly ContainerResize[],
    resource: 'cpu' | 'memory',
    { before, after }: PodResize = { before: [], after: [] },
  ): Promise<void> {
    for (const settings of before) await this.#changePod(settings);
    for (const resize of resizes) await this.#changeContainer(resize, resource);
    for (const settings of after) await this.#changePod(settings);
  }

  /** Tells the runtime first, which may refuse. */
  async #changePod(settings: Partial<CgroupLimits>): Promise<void> {
    const { runtime, cgroups, options } = this.#ports;
    if (this.#sandboxId !== undefined) {
      const request = {
        podSandboxId: this.#sandboxId,
        overhead: sandboxLinuxResources(overheadResources(this.#pod, options)),
        resources: sandboxLinuxResources(sandboxResources(this.#pod, options)),
      };
      await runtime.updatePodSandboxResources(request).catch((error: unknown) => {
        // Runtimes do not have to know this call: containerd 2.2 says so with a code of its own.
        if (!/unimplemented|not implemented/i.test(rpcErrorText(error))) throw error;
      });
    }
    await cgroups.resize(this.#pod, settings);
  }

  /** Changes one resource of a container; the other one stays as it was last set. */
  async #changeContainer({ id, name, from, to }: ContainerResize, resource: 'cpu' | 'memory'): Promise<void> {
    const { runtime, options, cgroupNode } = this.#ports;
    const container = findContainer<Container>({ ...this.#pod.spec, ephemeralContainers: [] }, name);
    if (!container) throw new Error(`the pod has no container ${name}`);
    const size = oneChanged(this.actuated.containers.get(name) ?? from, to, resource);
    const resized = { ...container, resources: resourcesOfSize(container.resources, size) };
    log.info('Updating container resources', { pod: podKey(this.#pod), containerName: name, resource });
    await runtime.updateContainerResources({
      containerId: id,
      linux: linuxResources(this.#pod, resized, options, cgroupNode),
    });
    this.actuated = withSizes(this.actuated, name, size);
  }
}

function oneChanged(present: Sizes, to: Sizes, resource: 'cpu' | 'memory'): Sizes {
  return resource === 'cpu'
    ? { ...present, cpuRequest: to.cpuRequest, cpuLimit: to.cpuLimit }
    : { ...present, memoryRequest: to.memoryRequest, memoryLimit: to.memoryLimit };
}
