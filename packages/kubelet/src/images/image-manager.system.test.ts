// Pulls from a registry that wants a login: with the Secrets of the pod, and with the node's own file.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { startRegistry, type TestRegistry, testUser } from '@berth/test-support/image-registry.ts';
import { writeTestImage } from '@berth/test-support/images.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import type { Pod } from '../api/pod.ts';
import { redirectLog } from '../klog/klog.ts';
import type { NodeObject } from '../objects/types.ts';
import { onEveryRuntime, type Stage } from '../testing/every-runtime.ts';
import { forever, shellPod, untilRunning, untilStatus } from '../testing/node.ts';
import { endAll } from '../testing/remains.ts';

let registry: TestRegistry;
let log = '';
const restoreLog = redirectLog((line) => {
  log += line;
});

before(async () => {
  using dir = scratchDir('image');
  await writeTestImage(dir.path, 'private');
  registry = await startRegistry({ requireLogin: true });
  for (const tag of ['1', '2', '3', '4']) await registry.push(dir.path, 'private', 'team/private', tag);
});
after(async () => {
  await registry.stop();
  restoreLog();
  assert.doesNotMatch(log, /hunter2|user:secret/, 'a password is in the log');
  for (const password of ['hunter2', testUser.password]) {
    assert.ok(!log.includes(base64(`${testUser.username}:${password}`)), 'credentials are in the log');
  }
});

const base64 = (text: string) => Buffer.from(text).toString('base64');

function secret(name: string, password: string): NodeObject {
  const auth = base64(`${testUser.username}:${password}`);
  const content = JSON.stringify({ auths: { [registry.address]: { auth } } });
  return {
    kind: 'Secret',
    object: {
      namespace: 'default',
      name,
      resourceVersion: password,
      immutable: false,
      type: 'kubernetes.io/dockerconfigjson',
      data: new Map([['.dockerconfigjson', Buffer.from(content)]]),
    },
  };
}

/** A pod with the private image of this tag. */
function privatePod(name: string, tag: string, ...secrets: string[]): Pod {
  const imagePullSecrets = secrets.map((each) => ({ name: each }));
  const image = `${registry.address}/team/private:${tag}`;
  return shellPod(name, forever, { imagePullSecrets }, { image });
}

const untilRefused = ({ kubelet }: Stage, pod: Pod) =>
  untilStatus(kubelet, pod, 'is refused', ({ containerStatuses = [] }) =>
    /^(ErrImagePull|ImagePullBackOff)$/.test(containerStatuses[0]?.state?.waiting?.reason ?? ''),
  );

onEveryRuntime((podTest) => {
  podTest('the first credentials that fit are used', async ({ node, kubelet }) => {
    const pod = privatePod('right', '1', 'none', 'wrong', 'right');
    kubelet.setObjects([secret('wrong', 'hunter2'), secret('right', testUser.password)]);
    kubelet.setPods([pod]);
    await untilRunning(kubelet, pod);
    await endAll(node, kubelet, pod);
  });

  podTest('a pod that lacks its Secret starts when it is there', async (stage) => {
    const { node, kubelet } = stage;
    const pod = privatePod('later', '2', 'later');
    kubelet.setObjects([]);
    kubelet.setPods([pod]);
    await untilRefused(stage, pod);
    kubelet.setObjects([secret('later', 'hunter2')]);
    await untilRefused(stage, pod);
    // The back-off of the attempts without it takes ten seconds and more.
    const begin = performance.now();
    kubelet.setObjects([secret('later', testUser.password)]);
    await untilRunning(kubelet, pod);
    assert.ok(performance.now() - begin < 5000, `${performance.now() - begin} ms`);
    await endAll(node, kubelet, pod);
  });

  podTest('an image that a Secret pulled is not for pods without one', async (stage) => {
    const { node, kubelet } = stage;
    const first = privatePod('first', '4', 'right');
    kubelet.setObjects([secret('right', testUser.password), secret('other', testUser.password)]);
    kubelet.setPods([first]);
    await untilRunning(kubelet, first);
    const without = privatePod('without', '4');
    const never = privatePod('never', '4');
    for (const container of never.spec.containers) container.imagePullPolicy = 'Never';
    const other = privatePod('other', '4', 'other');
    kubelet.setPods([first, without, never, other]);
    await untilRefused(stage, without);
    await untilStatus(kubelet, never, 'is refused', ({ containerStatuses = [] }) => {
      const { reason, message = '' } = containerStatuses[0]?.state?.waiting ?? {};
      return reason === 'ErrImageNeverPull' && message.endsWith('is not present with pull policy of Never');
    });
    await untilRunning(kubelet, other);
    await endAll(node, kubelet, first, without, never, other);
  });

  podTest("the node's config.json is for every pod", async (stage) => {
    const { node, kubelet } = stage;
    const pod = privatePod('node', '3');
    kubelet.setObjects([]);
    const config = join(node.options.rootDir, 'config.json');
    mkdirSync(node.options.rootDir, { recursive: true });
    const { username, password } = testUser;
    writeFileSync(
      config,
      JSON.stringify({ auths: { [`http://${registry.address}/v2/other`]: { username, password } } }),
    );
    try {
      kubelet.setPods([pod]);
      await untilRefused(stage, pod);
      writeFileSync(config, JSON.stringify({ auths: { [registry.address]: { username, password } } }));
      await untilRunning(kubelet, pod);
    } finally {
      rmSync(config);
    }
    await endAll(node, kubelet, pod);
  });
});
