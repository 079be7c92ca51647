// Tells the sizes of containers' logs.
import { join } from 'node:path';
import type { MetricsRegistry } from '../metrics/registry.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { podLogDir } from '../paths/pod-paths.ts';
import { filesIn } from '../stats/file-usage.ts';
import type { RuntimePod } from '../stats/measured-pods.ts';

/** Registers the gauge of the logs' sizes: of each container that runs. */
export function tellLogSizes(
  registry: MetricsRegistry,
  runtimePods: () => readonly RuntimePod[],
  options: Pick<KubeletOptions, 'rootDir' | 'podLogsDir'>,
): void {
  const help = 'Bytes of the logs of a container on disk.';
  const labels = ['uid', 'namespace', 'pod', 'container'];
  registry.readGauge('kubelet_container_log_filesystem_used_bytes', help, labels, () =>
    runtimePods().flatMap(({ status }) => {
      const { uid, namespace, name: pod } = status;
      return status.containers
        .filter(({ state }) => state === 'running')
        .flatMap(({ name }) => {
          const { bytes } = filesIn(join(podLogDir(options, status), name)) ?? {};
          return bytes === undefined
            ? []
            : [{ labels: { uid, namespace, pod, container: name }, value: Number(bytes) }];
        });
    }),
  );
}
