import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainId, chainIds } from './chain-id.ts';
import { digestOf } from './digest.ts';
import { assembleImage } from './image.ts';
import { parseImageConfig } from './image-config.ts';
import { parseManifest } from './manifest.ts';

test('what Docker leaves out or nulls is absent', () => {
  const config = parseImageConfig(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: {
        User: '',
        Env: null,
        Cmd: ['sh'],
        ExposedPorts: { '80/tcp': {} },
        Volumes: null,
        Labels: { a: 'b' },
        OnBuild: null,
      },
      rootfs: { type: 'layers', diff_ids: [digestOf('a')] },
      history: [{ created_by: 'x' }],
    }),
  );
  assert.deepEqual(config, {
    architecture: 'amd64',
    os: 'linux',
    config: { Cmd: ['sh'], ExposedPorts: ['80/tcp'], Labels: { a: 'b' } },
    rootfs: { type: 'layers', diff_ids: [digestOf('a')] },
  });
});

test("what Go's decoder takes for nothing is nothing", () => {
  const empty = { architecture: '', os: '', config: {}, rootfs: { type: 'layers', diff_ids: [] } };
  const cases: [document: unknown, expected: object][] = [
    [{}, empty],
    [{ rootfs: null, config: null, os: null }, empty],
    [{ rootfs: { diff_ids: null } }, empty],
    [{ rootfs: { type: '', diff_ids: [] } }, empty],
    [
      { rootfs: { type: 'other', diff_ids: [digestOf('a')] } },
      { rootfs: { type: 'layers', diff_ids: [digestOf('a')] } },
    ],
    [
      { config: { Env: ['A=1', null], Labels: { a: null } } },
      { config: { Env: ['A=1', ''], Labels: { a: '' } } },
    ],
    [
      { Config: { entrypoint: ['a'] }, OS: 'linux' },
      { os: 'linux', config: { Entrypoint: ['a'] } },
    ],
    [{ history: 'x', created: 'yesterday', 'os.version': 5, moby: [] }, { created: 'yesterday' }],
  ];
  for (const [document, expected] of cases) {
    assert.partialDeepStrictEqual(
      parseImageConfig(JSON.stringify(document)),
      expected,
      JSON.stringify(document),
    );
  }
});

test('a bad configuration names the field', () => {
  const rootfs = { type: 'layers', diff_ids: [] };
  const cases: [config: unknown, message: RegExp][] = [
    [{ rootfs, config: { Cmd: 'sh' } }, /image config\.config\.Cmd: expected an array, got "sh"/],
    [{ rootfs, config: { Env: [1] } }, /image config\.config\.Env\[0\]: expected a string, got 1/],
    [
      { rootfs: { type: 'layers', diff_ids: ['x'] } },
      /image config\.rootfs\.diff_ids\[0\]: "x" is not a digest/,
    ],
    [{ rootfs: [] }, /image config\.rootfs: expected an object, got \[\]/],
    [
      { rootfs, config: { Labels: { a: 1 } } },
      /image config\.config\.Labels\["a"\]: expected a string, got 1/,
    ],
    [{ rootfs, config: { Volumes: ['/a'] } }, /image config\.config\.Volumes: expected an object/],
  ];
  for (const [config, message] of cases)
    assert.throws(() => parseImageConfig(JSON.stringify(config)), message);
});

test('the type of the root file system says nothing', () => {
  for (const type of ['layers', 'other', undefined, 5]) {
    const { rootfs } = parseImageConfig(JSON.stringify({ rootfs: { type, diff_ids: [digestOf('a')] } }));
    assert.deepEqual(rootfs, { type: 'layers', diff_ids: [digestOf('a')] });
  }
});

test('chain ids are those of the specification', () => {
  const [a, b, c] = [digestOf('a'), digestOf('b'), digestOf('c')];
  const ab = digestOf(`${a} ${b}`);
  assert.deepEqual(chainIds([a, b, c]), [a, ab, digestOf(`${ab} ${c}`)]);
  assert.equal(chainId([a]), a);
});

test('manifest and configuration have to agree on the layers', () => {
  const blob = { digest: digestOf('x'), size: 1 };
  const manifest = parseManifest(
    Buffer.from(
      JSON.stringify({
        config: blob,
        layers: [{ ...blob, mediaType: 'application/vnd.oci.image.layer.v1.tar' }],
      }),
    ),
  );
  assert(manifest.kind === 'manifest');
  const config = Buffer.from(JSON.stringify({ rootfs: { type: 'layers', diff_ids: [] } }));
  assert.throws(
    () => assembleImage(manifest, digestOf('m'), config),
    /manifest has 1 layers, but the image config's rootfs\.diff_ids has 0/,
  );
});
