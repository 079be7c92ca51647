// OCI artifacts as volumes, from a real registry to what a container reads and back to an empty store.
import assert from 'node:assert/strict';
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Mount } from '@berth/cri/generated/api.ts';
import { mountsBelow } from '@berth/linux/mounts/mount.ts';
import { pushArtifact } from '@berth/test-support/artifact.ts';
import { startRegistry, type TestRegistry } from '@berth/test-support/image-registry.ts';
import { failsWith, PodCalls, until } from '../testing/pod-calls.ts';
import { TestNode } from '../testing/test-node.ts';

let node: TestNode;
let pods: PodCalls;
let registry: TestRegistry;
let name: string;

before(async () => {
  node = await TestNode.start('rt-artifact');
  chmodSync(node.dir, 0o711);
  pods = new PodCalls(node);
  registry = await startRegistry();
  const files = { 'weights.bin': 'w'.repeat(100_000), 'docs/readme': 'read me', 'docs/more/a': 'a' };
  await pushArtifact(registry, { dir: node.dir, name: 'model', files });
  name = `${registry.address}/model:1`;
});
after(async () => {
  await node[Symbol.asyncDispose]();
  await registry.stop();
});

const mount = (containerPath: string, imageSubPath = '') =>
  Mount.fromPartial({ containerPath, readonly: true, image: { image: name }, imageSubPath });
const layers = () => readdirSync(join(node.dir, 'root/images/layers')).length;
const remove = () => node.client.image.removeImage({ image: { ...spec, image: name } });
const spec = { image: '', annotations: {}, userSpecifiedImage: '', runtimeHandler: '', imageRef: '' };

test('an artifact is pulled, mounted, kept while it is mounted, and removed', {
  timeout: 600_000,
}, async () => {
  const others = layers();
  const { imageRef } = await node.client.image.pullImage({
    image: { ...spec, image: name },
    auth: undefined,
    sandboxConfig: undefined,
  });
  const sandbox = await pods.runPod('model');
  const mounts = [mount('/model'), mount('/docs', 'docs'), mount('/more', 'docs/more/')];
  const container = await pods.startContainer(sandbox, ['/bin/sleep', '624'], { mounts });
  const script =
    'cd /model; find . -type f | sort; wc -c < weights.bin; cat /docs/readme; echo; cat /more/a; echo; touch new || echo ro';
  assert.deepEqual((await pods.shell(container, script)).split('\n'), [
    ...['./docs/more/a', './docs/readme', './weights.bin', '100000', 'read me', 'a', 'ro'],
  ]);
  const { mounts: told } = await pods.statusOf(container);
  assert.match(told[0]?.image?.imageRef ?? '', /model@sha256:[0-9a-f]{64}$/);

  await assert.rejects(
    pods.makeContainer(sandbox, ['/bin/true'], {
      metadata: { name: 'second', attempt: 0 },
      image: { ...spec, image: imageRef },
    }),
    failsWith(
      'INVALID_ARGUMENT',
      /is an OCI artifact \(application\/vnd.example\+model\): mount it as a volume/,
    ),
  );
  await assert.rejects(
    pods.makeContainer(sandbox, ['/bin/true'], {
      metadata: { name: 'second', attempt: 0 },
      mounts: [mount('/m', 'docs/none')],
    }),
    failsWith('INVALID_ARGUMENT', /^ImageVolumeMountFailed: .*"docs\/none" is not in the image/),
  );

  await remove();
  const { images } = await node.client.image.listImages({ filter: undefined });
  assert.ok(!images.some(({ id }) => id === imageRef));
  await node.close();
  await node.open();
  assert.equal(await pods.shell(container, 'cat /docs/readme'), 'read me');
  assert.equal(layers(), others + 1);
  await pods.removePod(sandbox);
  await until(() => layers() === others);
  assert.deepEqual(mountsBelow(join(node.dir, 'state/containers')), []);
});
