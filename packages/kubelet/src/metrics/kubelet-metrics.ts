// /metrics: all families about the kubelet itself, and the process that it is.
import { arch } from 'node:os';
import { nodeFigures, processFigures } from '@berth/linux/processes/process-figures.ts';
import { CgroupMetrics } from './cgroup-metrics.ts';
import { DeviceMetrics } from './device-metrics.ts';
import { HookMetrics } from './hook-metrics.ts';
import { ImageMetrics } from './image-metrics.ts';
import { NodeStartupMetrics } from './node-startup-metrics.ts';
import { PlegMetrics } from './pleg-metrics.ts';
import { PodMetrics } from './pod-metrics.ts';
import { PodResourcesMetrics } from './pod-resources-metrics.ts';
import { PodStartMetrics } from './pod-start-metrics.ts';
import { PressureMetrics } from './pressure-metrics.ts';
import { MetricsRegistry } from './registry.ts';
import { ResizeMetrics } from './resize-metrics.ts';
import { RuntimeMetrics } from './runtime-metrics.ts';
import { ServerMetrics } from './server-metrics.ts';
import { VolumeMetrics } from './volume-metrics.ts';

/** The instruments, by what they are about. */
export class KubeletMetrics {
  readonly registry = new MetricsRegistry();
  readonly runtime = new RuntimeMetrics(this.registry);
  readonly pods = new PodMetrics(this.registry);
  readonly podStarts = new PodStartMetrics(this.registry);
  readonly resizes = new ResizeMetrics(this.registry);
  readonly hooks = new HookMetrics(this.registry);
  readonly pleg = new PlegMetrics(this.registry);
  readonly images = new ImageMetrics(this.registry);
  readonly volumes = new VolumeMetrics(this.registry);
  readonly cgroups = new CgroupMetrics(this.registry);
  readonly devices = new DeviceMetrics(this.registry);
  readonly podResources = new PodResourcesMetrics(this.registry);
  readonly server = new ServerMetrics(this.registry);
  readonly pressure = new PressureMetrics(this.registry);
  readonly startup: NodeStartupMetrics;

  /** `times`: when the machine and the kubelet started, in milliseconds since the epoch. */
  constructor(nodeName: string, times: { bootedAt: number; startedAt: number }) {
    this.startup = new NodeStartupMetrics(this.registry, times);
    for (const figure of [...processFigures, ...nodeFigures]) this.registry.figure(figure);
    this.registry
      .gauge('kubelet_node_name', 'Always 1; its label is the name of the node.', ['node'])
      .set({ node: nodeName }, 1);
    this.registry
      .gauge('kubelet_metrics_provider', 'Always 1; its label tells where metrics of containers come from.', [
        'provider',
      ])
      .set({ provider: 'cadvisor' }, 1);
  }

  /** Tells the version of the kubelet, e.g. `v1.37.0+berth.0.1.0`. */
  setVersion(version: string): void {
    const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
    const labels = {
      major,
      minor,
      git_version: version,
      git_commit: '',
      git_tree_state: '',
      build_date: '',
      go_version: '',
      compiler: `node ${process.version}`,
      platform: `linux/${arch() === 'x64' ? 'amd64' : arch()}`,
    };
    const names = Object.keys(labels) as (keyof typeof labels)[];
    this.registry
      .gauge('kubernetes_build_info', 'Always 1; its labels are the version of the kubelet.', names)
      .set(labels, 1);
  }

  /** Tells the version of the machine's cgroups: 1 or 2. */
  setCgroupVersion(version: 1 | 2): void {
    this.registry.gauge('kubelet_cgroup_version', 'Version of cgroups on this machine.').set(version);
  }
}
