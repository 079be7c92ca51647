// Images as volumes of containers: what is seen, what keeps them, what is refused, and nothing left behind.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { MountPropagation, NamespaceMode } from '@berth/cri/generated/api.ts';
import { mountsBelow } from '@berth/linux/mounts/mount.ts';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import { importArchive } from '@berth/test-support/images.ts';
import { failsWith, isolated, PodCalls, until } from '../testing/pod-calls.ts';
import { TestNode } from '../testing/test-node.ts';

const [one, many, other] = ['localhost/volume/one:1', 'localhost/volume/many:1', 'localhost/volume/other:1'];
let node: TestNode;
let pods: PodCalls;

before(async () => {
  node = await TestNode.start('rt-imagevol');
  chmodSync(node.dir, 0o711);
  pods = new PodCalls(node);
  const layouts = mkdtempSync('/tmp/berth-volume-images-');
  try {
    const base = [
      { type: 'directory' as const, path: 'data' },
      { type: 'file' as const, path: 'data/base', content: 'base' },
      { type: 'symlink' as const, path: 'out', target: '/etc' },
      { type: 'symlink' as const, path: 'up', target: '../../../../etc' },
      { type: 'file' as const, path: 'gone', content: 'gone' },
    ];
    const upper = [
      { type: 'file' as const, path: 'data/upper', content: 'upper' },
      { type: 'file' as const, path: '.wh.gone', content: '' },
    ];
    const dir = join(layouts, 'layout');
    await writeOciLayout({ dir, name: one, layers: [base], config: {} });
    await writeOciLayout({ dir, name: many, layers: [base, upper], config: {} });
    const own = [{ type: 'file' as const, path: 'own', content: 'own' }];
    await writeOciLayout({ dir, name: other, layers: [own], config: {} });
    await importArchive(node.config.listen, dir);
  } finally {
    rmSync(layouts, { recursive: true });
  }
});
after(() => node[Symbol.asyncDispose]());

const mount = (containerPath: string, image: string, change: object = {}) => ({
  containerPath,
  hostPath: '',
  readonly: true,
  selinuxRelabel: false,
  propagation: MountPropagation.PROPAGATION_PRIVATE,
  uidMappings: [],
  gidMappings: [],
  recursiveReadOnly: false,
  image: { image, annotations: {}, userSpecifiedImage: '', runtimeHandler: '', imageRef: '' },
  imageSubPath: '',
  mountOptions: [],
  ...change,
});

for (const handler of ['crun', 'runc']) {
  test(`images are read-only file systems of containers, with ${handler}`, { timeout: 600_000 }, async () => {
    const sandbox = await pods.runPod(`volumes-${handler}`, {}, handler);
    const mounts = [
      mount('/one', one),
      mount('/many', many),
      mount('/sub', many, { imageSubPath: 'data', mountOptions: ['noexec'] }),
    ];
    const containers = [];
    for (const name of ['a', 'b']) {
      containers.push(
        await pods.startContainer(sandbox, ['/bin/sleep', '621'], { metadata: { name, attempt: 0 }, mounts }),
      );
    }
    for (const container of containers) {
      const seen = await pods.shell(
        container,
        'cat /one/gone; echo; ls /many /many/data /sub; touch /one/x 2>/dev/null || touch /many/x 2>/dev/null || touch /sub/x 2>/dev/null || echo ro',
      );
      assert.deepEqual(seen.split(/\s+/), [
        ...['gone', '/many:', 'data', 'out', 'up', '/many/data:', 'base', 'upper'],
        ...['/sub:', 'base', 'upper', 'ro'],
      ]);
      const { mounts: told } = await pods.statusOf(container);
      assert.match(told[0]?.image?.imageRef ?? '', /sha256:[0-9a-f]{64}$/);
    }
    await pods.removePod(sandbox);
    assert.deepEqual(mountsBelow(join(node.dir, 'state/containers')), []);
  });
}

test('an image stays while it is mounted, also for a berthd that is started anew', async () => {
  const sandbox = await pods.runPod('pinned');
  const container = await pods.startContainer(sandbox, ['/bin/sleep', '622'], {
    mounts: [mount('/m', many)],
  });
  await node.close();
  await node.open();
  const layers = () => readdirSync(join(node.dir, 'root/images/layers')).length;
  const before = layers();
  // What is collected after the image that is mounted is an image that is not.
  for (const image of [many, other])
    await node.client.image.removeImage({ image: { ...mount('', image).image } });
  await until(() => layers() < before);
  assert.equal(layers(), before - 1);
  assert.equal(await pods.shell(container, 'cat /m/data/upper'), 'upper');
  await pods.removePod(sandbox);
});

test("owners are the pod's in a user namespace", async () => {
  const ids = [{ containerId: 0, hostId: 300_000, length: 65_536 }];
  const usernsOptions = { mode: NamespaceMode.POD, uids: ids, gids: ids };
  const linux = { securityContext: { namespaceOptions: { ...isolated, usernsOptions } } };
  const sandbox = await pods.runPod('shifted', { linux });
  const mounts = [mount('/one', one, { uidMappings: ids, gidMappings: ids })];
  const container = await pods.startContainer(sandbox, ['/bin/sleep', '623'], { linux, mounts });
  assert.equal(await pods.shell(container, 'stat -c %u /one /one/gone'), '0\n0');
  await pods.removePod(sandbox);
});

test('what cannot be mounted is refused, and leaves nothing', async () => {
  const sandbox = await pods.runPod('refused');
  const refused: [object, string, RegExp][] = [
    [mount('/m', 'localhost/no/such:1'), 'NOT_FOUND', /^ImageVolumeMountFailed: config.mounts\[0\].image: /],
    [mount('/m', one, { readonly: false }), 'INVALID_ARGUMENT', /readonly: has to be set/],
    [mount('/m', one, { hostPath: '/etc' }), 'INVALID_ARGUMENT', /host_path: has to be empty/],
    [mount('/m', '', { hostPath: '/etc', imageSubPath: 'x' }), 'INVALID_ARGUMENT', /image_sub_path/],
    [mount('/m', one, { imageSubPath: 'no/such' }), 'INVALID_ARGUMENT', /"no\/such" is not in the image/],
    [mount('/m', one, { imageSubPath: 'data/base' }), 'INVALID_ARGUMENT', /ENOTDIR/],
    // Both lead to /etc of the image, which has none.
    [mount('/m', one, { imageSubPath: 'out' }), 'INVALID_ARGUMENT', /"out" is not in the image/],
    [mount('/m', one, { imageSubPath: 'up' }), 'INVALID_ARGUMENT', /"up" is not in the image/],
    [mount('/m', one, { imageSubPath: '../../..' }), 'OK', /./],
  ];
  for (const [request, code, message] of refused) {
    const creating = pods.makeContainer(sandbox, ['/bin/true'], { mounts: [request] });
    if (code === 'OK') await creating;
    else await assert.rejects(creating, failsWith(code, message));
  }
  await pods.removePod(sandbox);
  assert.deepEqual(mountsBelow(join(node.dir, 'state/containers')), []);
});
