// Pods whose containers note what happens to them in a folder of the node, which they have at /v.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testImage } from '@berth/test-support/pods.ts';
import type { Container, EphemeralContainer, Pod, PodSpec } from '../api/pod.ts';
import { shellPod, type TestNode } from './node.ts';
import { testContainer } from './pod.ts';

/** How a container mounts the folder. */
export const volumeMounts = [{ name: 'v', mountPath: '/v' }];

/** Notes `+NAME` when it starts, and `-NAME` when it is told to end, after `seconds`. */
export function noted(name: string, seconds = 0): string {
  const end = `sleep ${seconds}; echo -${name} >> /v/notes; exit 0`;
  return `echo +${name} >> /v/notes; trap "${end}" TERM; while true; do sleep 1 & wait $!; done`;
}

/** A container that runs `script`, with the folder at /v. */
export function notingContainer(
  name: string,
  script: string,
  more: Partial<EphemeralContainer> = {},
): EphemeralContainer {
  const command = ['/bin/sh', '-c', script];
  return testContainer({ name, image: testImage, command, volumeMounts, ...more });
}

/** A pod that runs `script` in its container `main`, and what its containers have noted. */
export function notingPod(
  node: TestNode,
  name: string,
  script: string,
  spec: Partial<Omit<PodSpec, 'containers'>> = {},
  container: Partial<Container> = {},
): { pod: Pod; notes: () => string } {
  const path = join(node.dir, name);
  mkdirSync(path, { recursive: true });
  const volumes = [{ name: 'v', hostPath: { path } }];
  const pod = shellPod(
    name,
    script,
    { volumes, terminationGracePeriodSeconds: 20, ...spec },
    { volumeMounts, ...container },
  );
  const file = join(path, 'notes');
  return {
    pod,
    notes: () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').join(' ') : ''),
  };
}
