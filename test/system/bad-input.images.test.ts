// Images that cannot or must not be used, from a real registry or from one that lies: the pod says why, nothing
// is written outside the image's own layer, and nothing of it stays.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import { type Digest, digestHex } from '@berth/oci/image-spec/digest.ts';
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import {
  expectWaiting,
  type FaultyNode,
  podManifest,
  startFaultyNode,
  untilForgotten,
  untilRunning,
} from '@berth/test-support/faulty-node.ts';
import { startRegistry, type TestRegistry } from '@berth/test-support/image-registry.ts';
import { busyboxLayer } from '@berth/test-support/images.ts';
import { freePort } from '@berth/test-support/registry.ts';

const maxLayerBytes = 8 * 1024 ** 2;
const maxLayerFiles = 500;

const disposals = new AsyncDisposableStack();
let node: FaultyNode;
let registry: TestRegistry;
let locked: TestRegistry;
let layout: string;
/** A folder of the host that an evil image would like to write to. */
let target: string;

before(async () => {
  const berthdConfig = `image: { maxLayerBytes: ${maxLayerBytes}, maxLayerFiles: ${maxLayerFiles} }\n`;
  node = disposals.use(await startFaultyNode({ name: 'badimg', berthdConfig }));
  layout = join(node.dir, 'layout');
  target = join(node.dir, 'target');
  mkdirSync(target);
  registry = await startRegistry();
  disposals.defer(() => registry.stop());
  locked = await startRegistry({ requireLogin: true });
  disposals.defer(() => locked.stop());
});
after(() => disposals.disposeAsync());

/** Puts an image with these layers into the registry as NAME:1, and returns the digest of its manifest. */
async function push(name: string, layers: TarEntry[][], to = registry): Promise<Digest> {
  await writeOciLayout({ dir: layout, name, layers, config: { Cmd: ['/bin/sh'], Env: ['PATH=/bin'] } });
  return (await to.push(layout, name, name, '1')).digest;
}

/** The pod `bad` with this image shows the failed pull, the kubelet's log tells of it too, and the image is not listed. */
async function expectPullFailure(image: string, message: RegExp): Promise<void> {
  await expectWaiting(
    node,
    { name: 'bad', container: { image } },
    /^(ErrImagePull|ImagePullBackOff)$/,
    message,
  );
  const logged = node.kubelet.output().replaceAll('\\"', '"').split('\n');
  assert.ok(
    logged.some((line) => line.includes(image) && message.test(line)),
    "the kubelet's log tells of it",
  );
  const { out } = await node.crictl('images', '-q', image);
  assert.equal(out, '');
  assert.deepEqual(readdirSync(target), []);
}

test('an image that is not here and not to be pulled', async () => {
  await node.withoutTrace(() =>
    expectWaiting(
      node,
      { name: 'bad', container: { image: 'localhost/none:1', imagePullPolicy: 'Never' } },
      /^ErrImageNeverPull$/,
      /"localhost\/none:1" is not present/,
    ),
  );
});

test('an image name that is none', async () => {
  await node.withoutTrace(() =>
    expectWaiting(
      node,
      { name: 'bad', container: { image: 'No:Such:Name' } },
      /^InvalidImageName$/,
      /No:Such:Name/,
    ),
  );
});

test('an image that the registry does not have', async () => {
  const image = `${registry.address}/absent:1`;
  await node.withoutTrace(async () => {
    await expectPullFailure(image, /failed to pull ".*\/absent:1": .*not found/);
    const { code, err } = await node.crictl('pull', image);
    assert.equal(code, 1);
    assert.match(err, /\/absent:1.*not found/);
  });
});

test('a registry that does not answer', async () => {
  const image = `127.0.0.1:${await freePort()}/any:1`;
  await node.withoutTrace(() => expectPullFailure(image, /failed to pull ".*\/any:1": .*connection refused/));
});

test('a registry that wants a login', async () => {
  await push('secret', [[{ type: 'file', path: 'a', content: 'a' }]], locked);
  await node.withoutTrace(() =>
    expectPullFailure(
      `${locked.address}/secret:1`,
      /failed to pull ".*\/secret:1": .*(unauthorized|401|log in|credentials)/i,
    ),
  );
});

const evil: [name: string, layer: () => TarEntry[], message: RegExp][] = [
  ['parent', () => [{ type: 'file', path: '../evil', content: 'evil' }], /"\.\.\/evil" leaves the layer/],
  [
    'deep-parent',
    () => [{ type: 'file', path: `a/../../../..${target}/evil`, content: 'evil' }],
    /"a\/\.\.\/.*\/evil" leaves the layer/,
  ],
  [
    'hard-link',
    () => [{ type: 'hardlink', path: 'passwd', target: '../../../../../../../../../etc/passwd' }],
    /"\.\.\/.*\/etc\/passwd" leaves the layer/,
  ],
  [
    'bomb',
    () => [{ type: 'file', path: 'zeros', content: Buffer.alloc(4 * maxLayerBytes) }],
    new RegExp(`more than ${maxLayerBytes} bytes, the limit maxBytes of a layer`),
  ],
  [
    'many-files',
    () =>
      Array.from({ length: maxLayerFiles + 1 }, (_, index) => ({
        type: 'file',
        path: `${index}`,
        content: '',
      })),
    new RegExp(`more than ${maxLayerFiles} files, the limit maxFiles of a layer`),
  ],
];

for (const [name, layer, message] of evil) {
  test(`a layer with ${name}`, async () => {
    await push(name, [layer()]);
    await node.withoutTrace(() => expectPullFailure(`${registry.address}/${name}:1`, message));
  });
}

const harmless: [name: string, layers: () => TarEntry[][]][] = [
  [
    'absolute-path',
    () => [[...busyboxLayer(), { type: 'file', path: `${target}/inside`, content: 'inside' }]],
  ],
  [
    'absolute-link',
    () => [
      [
        ...busyboxLayer(),
        { type: 'symlink', path: 'out', target },
        { type: 'file', path: 'out/inside', content: 'inside' },
      ],
    ],
  ],
  [
    'relative-link',
    () => [
      [
        ...busyboxLayer(),
        { type: 'symlink', path: 'out', target: `../../../../../../../../..${target}` },
        { type: 'file', path: 'out/inside', content: 'inside' },
      ],
    ],
  ],
  [
    'link-of-a-lower-layer',
    () => [
      [...busyboxLayer(), { type: 'symlink', path: 'out', target }],
      [{ type: 'file', path: 'out/inside', content: 'inside' }],
    ],
  ],
];

for (const [name, layers] of harmless) {
  test(`${name}: stays inside the image`, async () => {
    await push(name, layers());
    const image = `${registry.address}/${name}:1`;
    node.write('inside.json', podManifest({ name: 'inside', container: { image } }));
    await untilRunning(node, 'inside');
    const pod = (await node.pods()).find((each) => each.metadata.name === 'inside-testnode');
    const containerId = pod?.status.containerStatuses?.[0]?.containerID?.replace('berth://', '') ?? '';
    const path = name === 'absolute-path' ? join(target, 'inside') : '/out/inside';
    const { out } = await node.crictl('exec', '--sync', containerId, 'cat', path);
    assert.equal(out.trim(), 'inside');
    assert.deepEqual(readdirSync(target), []);
    node.remove('inside.json');
    await untilForgotten(node, 'inside');
  });
}

test('a blob of another content than its digest says', async () => {
  const manifest = await push('honest', [[{ type: 'file', path: 'a', content: 'a' }]]);
  const text = readFileSync(join(layout, 'blobs/sha256', digestHex(manifest)), 'utf8');
  const { layers }: { layers: { digest: string }[] } = JSON.parse(text);
  const [layer] = layers;
  assert.ok(layer);
  await using liar = await lyingRegistry(`/blobs/${layer.digest}`);
  const message = new RegExp(`failed to pull ".*/honest:1": .*${layer.digest}.*`);
  await node.withoutTrace(() => expectPullFailure(`${liar.address}/honest:1`, message));
});

test('a manifest of another content than its digest says', async () => {
  const digest = await push('pinned', [[{ type: 'file', path: 'a', content: 'a' }]]);
  await using liar = await lyingRegistry(`/manifests/${digest}`);
  const message = new RegExp(`failed to pull ".*/pinned@${digest}": .*digest`);
  await node.withoutTrace(() => expectPullFailure(`${liar.address}/pinned@${digest}`, message));
});

test('after all that the registry is still good for an honest pod', async () => {
  const image = `${registry.address}/good:1`;
  await push('good', [busyboxLayer()]);
  assert.ok(existsSync(target) && statSync(target).isDirectory());
  await node.withoutTrace(async () => {
    node.write('good.json', podManifest({ name: 'good', container: { image } }));
    await untilRunning(node, 'good');
    node.remove('good.json');
    await untilForgotten(node, 'good');
    assert.equal((await node.crictl('rmi', image)).code, 0);
  });
});

/** The registry, but every answer to a path that ends in `suffix` has its last byte changed. */
async function lyingRegistry(suffix: string): Promise<{ address: string } & AsyncDisposable> {
  const server = createServer((from, to) => {
    const headers = { ...from.headers, host: registry.address };
    const [host, port] = registry.address.split(':');
    const onward = request({ host, port, path: from.url, method: from.method, headers }, async (answer) => {
      const body = Buffer.concat(await answer.toArray());
      if (from.url?.endsWith(suffix)) body.writeUInt8(body.readUInt8(body.length - 1) ^ 1, body.length - 1);
      to.writeHead(answer.statusCode ?? 500, answer.headers).end(body);
    });
    from.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { address: `127.0.0.1:${address.port}`, [Symbol.asyncDispose]: close };
}
