import type { PodSandboxConfig } from '@berth/cri/generated/api.ts';

/** How log lines and errors name a container to a person: `namespace/pod/container`. */
export function describe(config: PodSandboxConfig, container: string): string {
  return `${config.metadata?.namespace}/${config.metadata?.name}/${container}`;
}
