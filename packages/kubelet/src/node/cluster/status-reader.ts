// Gathers what the node's status is computed from.
import { readFileSync } from 'node:fs';
import { arch } from 'node:os';
import type { DeviceCounts } from '../../devices/device-list.ts';
import type { KubeletOptions } from '../../options/kubelet-options.ts';
import { parseMeminfo } from '../../stats/usage-stats.ts';
import { osName, readMachine } from '../machine.ts';
import { isInitialUserNamespace } from '../node-capacity.ts';
import { goArchitecture } from '../node-facts.ts';
import type { ThisNode } from '../read-node.ts';
import { declaredFeatures } from '../status/declared-features.ts';
import type { NodeSystemInfo } from '../status/node-object.ts';
import { withDevices } from '../status/resources.ts';
import type { Pressures, StatusFacts } from '../status/status-facts.ts';
import type { ImageList } from './image-list.ts';
import { readAddresses } from './read-addresses.ts';
import type { RuntimeHealth } from './runtime-health.ts';

/** What other parts of the kubelet say of the node. */
export interface NodeReports {
  pressures(): Pressures;
  /** Why the node is not ready, beside its runtime: storage that is not set up, a node that shuts down. */
  problems(): readonly string[];
  /** Attachable volumes in use; undefined while that is not known. */
  volumesInUse(): readonly string[] | undefined;
  /** How many devices of plugins the node has of each resource. */
  devices(): ReadonlyMap<string, DeviceCounts>;
  /** Whether an earlier kubelet has managed devices on this node. */
  hadDevices(): boolean;
}

/** Reads the facts of one node. */
export class StatusReader {
  readonly #options: KubeletOptions;
  readonly #node: ThisNode;
  readonly #health: RuntimeHealth;
  readonly #images: ImageList;
  readonly #reports: NodeReports;
  readonly #system: Omit<NodeSystemInfo, 'containerRuntimeVersion'>;

  constructor({
    options,
    node,
    version,
    health,
    images,
    reports,
  }: {
    options: KubeletOptions;
    node: ThisNode;
    version: string;
    health: RuntimeHealth;
    images: ImageList;
    reports: NodeReports;
  }) {
    this.#options = options;
    this.#node = node;
    this.#health = health;
    this.#images = images;
    this.#reports = reports;
    this.#system = systemInfo(version);
  }

  /** Reads them now. */
  async read(): Promise<StatusFacts> {
    const { nodeName, registration, givenNodeIps, maxPods, secureServer, nodeStatus } = this.#options;
    const [addresses, containerRuntimeVersion] = await Promise.all([
      readAddresses({
        hostname: nodeName,
        given: givenNodeIps,
        hasExternalProvider: registration.hasExternalProvider,
      }),
      this.#health.version(),
    ]);
    const { features } = this.#health;
    return {
      addresses,
      resources: withDevices(
        { capacity: this.#node.amounts, allocatable: this.#node.facts.allocatable, maxPods },
        this.#reports.devices(),
      ),
      nodeInfo: { ...this.#system, containerRuntimeVersion },
      kubeletPort: secureServer.port,
      images: this.#images.images,
      maxImages: nodeStatus.maxImages,
      runtimeHandlers: this.#health.handlers,
      runtimeFeatures: features && { supplementalGroupsPolicy: features.supplementalGroupsPolicy },
      declaredFeatures: declaredFeatures({ hasMountOptions: features?.mountOptions === true }),
      pressures: this.#reports.pressures(),
      problems: [...this.#health.problems(), ...this.#reports.problems()],
      volumesInUse: this.#reports.volumesInUse(),
    };
  }
}

function systemInfo(version: string): Omit<NodeSystemInfo, 'containerRuntimeVersion'> {
  const { machineId, systemUuid, bootId, kernelVersion, osRelease, meminfo } = readMachine();
  const swap = Number(parseMeminfo(meminfo).swapTotalBytes);
  return {
    machineID: machineId,
    systemUUID: systemUuid,
    bootID: bootId,
    kernelVersion,
    osImage: osName(osRelease),
    kubeletVersion: version,
    kubeProxyVersion: '',
    operatingSystem: 'linux',
    architecture: goArchitecture(arch()),
    ...(swap > 0 && { swap: { capacity: swap } }),
    runningInUserNamespace: !isInitialUserNamespace(readFileSync('/proc/self/uid_map', 'utf8')),
  };
}
