// A kubelet of the test's own.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './registry.ts';
import { checkout, type Daemon, startDaemon } from './scratch.ts';

export interface Kubelet extends Daemon {
  /** Port of /pods and /healthz on 127.0.0.1. */
  port: number;
}

/**
 * Starts bin/kubelet on a CRI endpoint with a root, log and cgroup folder of its own below `dir`, watching
 * `manifests`, and waits until /healthz says ok.
 */
export async function startKubelet(options: {
  dir: string;
  endpoint: string;
  manifests: string;
  nodeName?: string;
  extraFlags?: string[];
  /** More lines of its configuration file. */
  configuration?: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** Return after so many milliseconds, ready or not. */
  waitMs?: number;
}): Promise<Kubelet> {
  const { dir, endpoint, manifests, nodeName = 'testnode', extraFlags = [], waitMs, env } = options;
  const port = await freePort();
  const config = join(dir, 'kubelet.yaml');
  writeFileSync(
    config,
    `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
podLogsDir: ${join(dir, 'log/pods')}
failSwapOn: false
${(options.configuration ?? []).join('\n')}
`,
  );
  const daemon = await startDaemon({
    name: 'kubelet',
    argv: [
      join(checkout, 'bin/kubelet'),
      `--config=${config}`,
      `--container-runtime-endpoint=${endpoint}`,
      `--pod-manifest-path=${manifests}`,
      `--root-dir=${join(dir, 'kubelet')}`,
      `--cgroup-root=/${dir.slice(dir.lastIndexOf('/') + 1)}`,
      `--hostname-override=${nodeName}`,
      `--read-only-port=${port}`,
      '--port=0',
      '--healthz-port=0',
      ...extraFlags,
    ],
    dir,
    ...(env && { env }),
    ready: async () => {
      if (waitMs === undefined) return (await fetch(`http://127.0.0.1:${port}/healthz`)).ok;
      await delay(waitMs);
      return true;
    },
  });
  return { ...daemon, port };
}
