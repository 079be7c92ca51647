import type { PodSandboxConfig } from '@berth/cri/generated/api.ts';

/** The name of a container in log lines and errors: `namespace/pod/container`. */
export function describe(config: PodSandboxConfig, container: string): string {
  return `${config.metadata?.namespace}/${config.metadata?.name}/${container}`;
}
