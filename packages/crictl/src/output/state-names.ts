// Names of container and pod states in tables, filters and completions.
import { ContainerState, PodSandboxState } from '@berth/cri/generated/api.ts';

/** Container states by the values of `--state`. */
export const containerStates: Readonly<Record<string, ContainerState>> = {
  created: ContainerState.CONTAINER_CREATED,
  running: ContainerState.CONTAINER_RUNNING,
  exited: ContainerState.CONTAINER_EXITED,
  unknown: ContainerState.CONTAINER_UNKNOWN,
};

/** The name of a container's state in tables. */
export function stateName(state: ContainerState): string {
  const name = Object.keys(containerStates).find((key) => containerStates[key] === state);
  if (name === undefined) throw new Error(`unknown container state "${state}"`);
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

/** The name of a pod's state in tables. */
export function podStateName(state: PodSandboxState): string {
  if (state === PodSandboxState.SANDBOX_READY) return 'Ready';
  if (state === PodSandboxState.SANDBOX_NOTREADY) return 'NotReady';
  throw new Error(`unknown pod state "${state}"`);
}
