// Both clients against a runtime that is not ours: Debian's containerd.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startContainerd } from '@berth/test-support/containerd.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { testImage } from '@berth/test-support/pods.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import type { CriError } from '../errors/cri-error.ts';
import { ContainerState, NamespaceMode } from '../generated/api.ts';
import { type CriClient, connectCri } from './client.ts';
import { connectCriLight } from './http2-client.ts';

for (const connect of [connectCri, connectCriLight]) {
  test(`${connect.name} runs a pod on containerd and hears its errors`, { timeout: 600_000 }, () => {
    return runPod(connect);
  });
}

async function runPod(connect: typeof connectCri): Promise<void> {
  moveHugetlbToV1();
  using dir = scratchDir('cri');
  const cniConfDir = join(dir.path, 'cni');
  mkdirSync(cniConfDir);
  await using containerd = await startContainerd({
    dir: join(dir.path, 'containerd'),
    cniConfDir,
  });
  const client = connect(containerd.socket, { timeoutMs: 300_000 });
  const { runtime, image } = client;
  try {
    assert.equal((await runtime.version({ version: 'v1' })).runtimeName, 'containerd');
    const { images } = await image.listImages({});
    assert.ok(images.some(({ repoTags, size }) => repoTags.includes(testImage) && size > 0n));

    const options = { network: NamespaceMode.NODE, pid: NamespaceMode.CONTAINER };
    const linux = { cgroupParent: '/berth-test-cri', securityContext: { namespaceOptions: options } };
    const config = {
      metadata: { name: 'pod', uid: 'u', namespace: 'default' },
      logDirectory: dir.path,
      labels: { app: 'ü' },
      linux,
    };
    const { podSandboxId } = await runtime.runPodSandbox({ config });
    const { containerId } = await runtime.createContainer({
      podSandboxId,
      sandboxConfig: config,
      config: {
        metadata: { name: 'main' },
        image: { image: testImage },
        command: ['/bin/sleep', '60'],
        envs: [{ key: 'A', value: Buffer.from('b c') }],
        logPath: 'main.log',
        linux: { securityContext: { namespaceOptions: options } },
      },
    });
    await runtime.startContainer({ containerId });
    const { status } = await runtime.containerStatus({ containerId, verbose: true });
    assert.equal(status?.state, ContainerState.CONTAINER_RUNNING);
    assert.ok(status.startedAt > 1_700_000_000_000_000_000n, 'times keep their nanoseconds');
    const listed = await runtime.listPodSandbox({ filter: { labelSelector: { app: 'ü' } } });
    assert.deepEqual(
      listed.items.map(({ id, labels }) => [id, labels]),
      [[podSandboxId, { app: 'ü' }]],
    );
    const output = await runtime.execSync({ containerId, cmd: ['sh', '-c', 'echo "$A"; exit 3'] });
    assert.deepEqual([Buffer.from(output.stdout).toString(), output.exitCode], ['b c\n', 3]);

    await assert.rejects(runtime.containerStatus({ containerId: 'none' }), {
      code: 'NOT_FOUND',
      rpc: 'ContainerStatus',
    });
    await assert.rejects(
      async () => {
        for await (const _ of runtime.getContainerEvents({})) assert.fail('containerd 1.6 has no events');
      },
      { code: 'UNIMPLEMENTED', rpc: 'GetContainerEvents' },
    );
    await assert.rejects(
      runtime.execSync({ containerId, cmd: ['sleep', '9'] }, { timeoutMs: 200 }),
      // containerd is told of the deadline, too, and may be the first to say that it is over, in its own words.
      ({ code, message }: CriError) =>
        code === 'DEADLINE_EXCEEDED' || (code === 'UNKNOWN' && /deadline exceeded/.test(message)),
    );

    await removeAll(client);
    assert.deepEqual((await runtime.listContainers({})).containers, []);
  } finally {
    await removeAll(client);
    client.close();
    removeCgroup('/berth-test-cri');
  }
}

/** Takes all pods away, also after a failure: what a pod mounts would keep the scratch folder. */
async function removeAll({ runtime }: CriClient): Promise<void> {
  for (const { id } of (await runtime.listPodSandbox({})).items) {
    await runtime.stopPodSandbox({ podSandboxId: id });
    await runtime.removePodSandbox({ podSandboxId: id });
  }
}

function removeCgroup(name: string): void {
  for (const hierarchy of readdirSync('/sys/fs/cgroup')) {
    const cgroup = `/sys/fs/cgroup/${hierarchy}${name}`;
    if (existsSync(cgroup)) rmdirSync(cgroup);
  }
}
