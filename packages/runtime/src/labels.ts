import type { PodSandboxConfig } from '@berth/cri/generated/api.ts';

type Labels = Record<string, string>;

/** Whether `labels` has every pair of `selector`; an empty selector matches everything. */
export function matchesSelector(labels: Labels, selector: Labels): boolean {
  for (const key in selector) {
    if (labels[key] !== selector[key]) return false;
  }
  return true;
}

/** How log lines and errors name a container to a person: `namespace/pod/container`. */
export function describe(config: PodSandboxConfig, container: string): string {
  return `${config.metadata?.namespace}/${config.metadata?.name}/${container}`;
}
