// A kubelet's options for tests: nothing on its ports, short waits, no limits beyond those of the default.
import type { KubeletOptions } from '../options/kubelet-options.ts';

/** Options of a kubelet whose folders are below /test unless told otherwise. */
export function testOptions(changes: Partial<KubeletOptions> = {}): KubeletOptions {
  return {
    nodeName: 'testnode',
    nodeIps: ['192.0.2.1'],
    rootDir: '/test/kubelet',
    podLogsDir: '/test/log/pods',
    containerRuntimeEndpoint: '/test/cri.sock',
    imageServiceEndpoint: '/test/cri.sock',
    runtimeRequestTimeoutMs: 30_000,
    staticPodPath: undefined,
    fileCheckFrequencyMs: 20_000,
    syncFrequencyMs: 60_000,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: '/',
    cgroupsPerQos: true,
    cpuCfsQuota: true,
    cpuCfsQuotaPeriodUs: 100_000,
    podPidsLimit: -1,
    clusterDns: [],
    clusterDomain: '',
    resolvConf: '',
    maxPods: 110,
    seccompDefault: false,
    maxParallelImagePulls: undefined,
    imageVerification: { policy: 'NeverVerifyPreloadedImages', allowlist: [] },
    maxContainerRestartPeriodMs: 1000,
    readOnlyServer: { address: '127.0.0.1', port: 0 },
    healthzServer: { address: '127.0.0.1', port: 0 },
    verbosity: 0,
    ...changes,
  };
}
