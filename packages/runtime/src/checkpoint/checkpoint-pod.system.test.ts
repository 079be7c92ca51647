import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { whyNoCriu } from '@berth/test-support/criu.ts';
import { failsWith, PodCalls, until } from '../testing/pod-calls.ts';
import { TestNode } from '../testing/test-node.ts';

let node: TestNode;
let pods: PodCalls;
before(async () => {
  node = await TestNode.start('rt-podcheck', undefined, 'checkpoint: { restore: true }\n');
  pods = new PodCalls(node);
});
after(() => node[Symbol.asyncDispose]());

const noCriu = whyNoCriu();
const needsCriu = noCriu === undefined ? {} : { skip: noCriu };
const call = () => node.client.runtime;
const counting = ['/bin/sh', '-c', 'i=0; while true; do i=$((i+1)); echo $i; sleep 0.1; done'];
const named = (name: string) => ({ metadata: { name, attempt: 0 }, logPath: `${name}.log` });
const lastLine = (log: string) =>
  Number(readFileSync(log, 'utf8').trim().split('\n').at(-1)?.split(' ').at(-1));

test('a pod is checkpointed at one moment and goes on as another pod', needsCriu, async () => {
  const podSandboxId = await pods.runPod('pod', {}, 'runc');
  const one = await pods.startContainer(podSandboxId, counting, named('one'));
  const two = await pods.startContainer(podSandboxId, counting, named('two'));
  const { logPath } = await pods.statusOf(one);
  await until(() => lastLine(logPath) > 3);
  const outputPath = join(node.dir, 'pod-checkpoint');
  mkdirSync(outputPath);
  const request = { podSandboxId, outputPath, containerIds: [one, two], options: {} };
  for (const [change, code, message] of [
    [{ containerIds: [] }, 'INVALID_ARGUMENT', /container_ids: name at least one/],
    [{ containerIds: [one, one] }, 'INVALID_ARGUMENT', /container_ids: names a container twice/],
    [{ containerIds: ['nope'] }, 'INVALID_ARGUMENT', /container_ids\[0\]: nope is not in this pod/],
    [{ options: { fast: '1' } }, 'INVALID_ARGUMENT', /options\["fast"\]/],
    [{ outputPath: '/etc' }, 'INVALID_ARGUMENT', /output_path: \/etc is not empty/],
    [{ outputPath: '/nope' }, 'INVALID_ARGUMENT', /output_path: .*\/nope/],
    [{ podSandboxId: 'nope' }, 'NOT_FOUND', /nope/],
  ] as const) {
    await assert.rejects(
      call().checkpointPod({
        ...request,
        ...change,
        containerIds: [...(change.containerIds ?? request.containerIds)],
      }),
      failsWith(code, message),
    );
  }
  await call().checkpointPod(request);
  assert.deepEqual(readdirSync(outputPath).sort(), [`${one}.tar`, `${two}.tar`, 'pod.dump'].sort());
  const seen = lastLine(logPath);
  await until(() => lastLine(logPath) > seen);
  await pods.removePod(podSandboxId);

  const config = node.sandboxConfig('again');
  const restore = (names: string[], command = counting) =>
    call().restorePod({
      checkpointPath: outputPath,
      config,
      runtimeHandler: 'runc',
      options: {},
      containerConfigs: names.map((name) => node.containerConfig(command, named(name))),
    });
  await assert.rejects(restore(['one']), failsWith('INVALID_ARGUMENT', /container_configs: .*one, two/));
  await assert.rejects(
    restore(['one', 'two'], ['/bin/true']),
    failsWith('INVALID_ARGUMENT', /container_configs\[0\]: .*"\/bin\/true"/),
  );
  assert.deepEqual((await call().listPodSandbox({})).items, [], 'a failed restore leaves nothing');
  const restored = await restore(['two', 'one']);
  assert.deepEqual(
    restored.restoredContainers.map(({ name }) => name),
    ['two', 'one'],
  );
  for (const { containerId } of restored.restoredContainers) {
    assert.equal((await pods.statusOf(containerId)).state, 0);
    await call().startContainer({ containerId });
    const status = await pods.statusOf(containerId);
    assert.equal(status.state, 1);
    const before = lastLine(status.logPath);
    await until(() => lastLine(status.logPath) > before);
  }
  await pods.removePod(restored.podSandboxId);
});

test('what is no checkpoint of a pod is refused', needsCriu, async () => {
  const directory = join(node.dir, 'no-checkpoint');
  mkdirSync(directory);
  const restore = (checkpointPath: string) =>
    call().restorePod({
      checkpointPath,
      config: node.sandboxConfig('none'),
      runtimeHandler: 'runc',
      options: {},
      containerConfigs: [],
    });
  await assert.rejects(restore('here'), failsWith('INVALID_ARGUMENT', /checkpoint_path: "here"/));
  await assert.rejects(restore(directory), failsWith('INVALID_ARGUMENT', /holds no checkpoint of a pod/));
  writeFileSync(join(directory, 'pod.dump'), '{"version":9}');
  await assert.rejects(restore(directory), failsWith('INVALID_ARGUMENT', /has version 9/));
});
