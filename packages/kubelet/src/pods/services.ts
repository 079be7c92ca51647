// What carrying out a pod's steps needs, made once and shared by all pods.
import { readFileSync } from 'node:fs';
import type { RuntimeClient } from '@berth/cri/client.ts';
import type { PodCgroups } from '../cgroups/pod-cgroups.ts';
import type { KubeletOptions } from '../config/kubelet-options.ts';
import type { Backoff } from '../containers/backoff.ts';
import type { ImageManager } from '../images/image-manager.ts';
import type { NodeCapacity } from '../node-capacity.ts';
import type { DnsSettings } from '../sandbox/dns.ts';
import { parseResolvConf } from '../sandbox/resolv-conf.ts';
import type { Semaphore } from '../semaphore.ts';
import type { RuntimePods } from './runtime-pods.ts';

/** The kubelet's parts below the pod workers. */
export interface Services {
  options: KubeletOptions;
  runtime: RuntimeClient;
  /** What the runtime calls itself: the scheme of container ids. */
  runtimeName: string;
  /** Whether the runtime knows `supplementalGroupsPolicy`; an older one would ignore Strict. */
  hasGroupsPolicy: boolean;
  pods: RuntimePods;
  images: ImageManager;
  cgroups: PodCgroups;
  /** Waits of crashing containers, by `UID/name`. */
  crashBackoff: Backoff;
  /** Bounds how many sandboxes and containers are being made at a time. */
  creations: Semaphore;
  capacity: NodeCapacity;
}

/** The resolver settings as they are now: the host's resolv.conf changes as networks come and go. */
export function dnsSettings({ resolvConf, clusterDns, clusterDomain, nodeIps }: KubeletOptions): DnsSettings {
  const host = resolvConf === '' ? undefined : parseResolvConf(readFileSync(resolvConf, 'utf8'));
  return { host, clusterDns, clusterDomain, nodeIps };
}
