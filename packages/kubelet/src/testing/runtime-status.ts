// What a runtime has of a pod, in a shorthand for tables of unit tests.
import { containerHash } from '../kubecontainer/container-hash.ts';
import type { PodRuntimeStatus, RuntimeContainer, RuntimeSandbox } from '../kubecontainer/runtime-status.ts';

/**
 * A shorthand for runtime states: `c:run`, `c:exit0`, `c:exit1`, `c:created`, `c:unknown`, `c:changed` (runs
 * another definition), each optionally `@0` for the sandbox with that attempt (the newest one unless given).
 * Both are listed oldest first. Sandboxes: `up`, `down`, `hostnet`, `noip`.
 */
export function runtimeStatus(sandboxes: string, containers: string): PodRuntimeStatus {
  const boxes = sandboxes === '' ? [] : sandboxes.split(' ');
  const made = boxes.map(
    (state, attempt): RuntimeSandbox => ({
      id: `s${attempt}`,
      attempt,
      ready: state !== 'down',
      createdAt: BigInt(attempt),
      hostNetwork: state === 'hostnet',
      ips: state === 'up' ? ['10.0.0.2'] : [],
      networkReported: true,
    }),
  );
  const counts = new Map<string, number>();
  const all = containers === '' ? [] : containers.split(' ');
  const list = all.map((text, index): RuntimeContainer => {
    const [, name = '', state = '', box] = /^(\w+):(\w+)(?:@(\d))?$/.exec(text) ?? [];
    const restartCount = counts.get(name) ?? 0;
    counts.set(name, restartCount + 1);
    return {
      id: `${name}${restartCount}`,
      name,
      sandboxId: `s${box ?? boxes.length - 1}`,
      state: state.startsWith('exit')
        ? 'exited'
        : state === 'created' || state === 'unknown'
          ? state
          : 'running',
      restartCount,
      hash: state === 'changed' ? 'ffff' : containerHash({ name, image: `image-${name}` }),
      image: `image-${name}`,
      imageRef: '',
      createdAt: BigInt(index),
      startedAt: 1,
      finishedAt: state.startsWith('exit') ? 1000 : 0,
      exitCode: state.startsWith('exit') ? Number(state.slice(4)) : 0,
      reason: '',
      message: '',
    };
  });
  return {
    uid: 'u',
    name: 'p',
    namespace: 'default',
    sandboxes: made.reverse(),
    containers: list.reverse(),
  };
}
