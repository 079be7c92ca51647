// Commands in containers of test pods.
import assert from 'node:assert/strict';
import { patience } from '@berth/test-support/machine-speed.ts';
import type { Pod } from '../api/pod.ts';
import type { TestNode } from './node.ts';

/** What a shell script prints in the running container `name` of the pod, and how it ended. */
export async function shellIn(
  node: TestNode,
  pod: Pod,
  script: string,
  name = 'main',
): Promise<{ output: string; exitCode: number }> {
  const { runtime } = node.cri;
  const { containers } = await runtime.listContainers({
    filter: {
      state: { state: 1 },
      labelSelector: { 'io.kubernetes.pod.uid': pod.metadata.uid, 'io.kubernetes.container.name': name },
    },
  });
  const [container] = containers;
  assert.ok(container, `container ${name} of ${pod.metadata.name} does not run`);
  const { stdout, stderr, exitCode } = await runtime.execSync({
    containerId: container.id,
    cmd: ['/bin/sh', '-c', script],
    timeout: BigInt(patience(10)),
  });
  return { output: `${Buffer.from(stdout)}${Buffer.from(stderr)}`, exitCode };
}
