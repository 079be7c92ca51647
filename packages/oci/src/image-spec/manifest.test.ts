import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choosePlatform, parseManifest } from './manifest.ts';
import { mediaTypes } from './media-types.ts';
import { normalizePlatform, type Platform } from './platform.ts';

const digest = `sha256:${'1'.repeat(64)}`;
const config = { mediaType: mediaTypes.dockerConfig, digest, size: 3 };
const layer = { mediaType: mediaTypes.dockerLayerGzip, digest, size: 7 };
const parse = (document: unknown, ...carriers: (string | undefined)[]) =>
  parseManifest(Buffer.from(JSON.stringify(document)), ...carriers);

test('the kind of a manifest comes from the document or its shape, whatever brings it', () => {
  const manifest = { schemaVersion: 2, config, layers: [layer] };
  assert.equal(
    parse({ ...manifest, mediaType: mediaTypes.dockerManifest }).mediaType,
    mediaTypes.dockerManifest,
  );
  for (const carrier of [
    undefined,
    'text/plain',
    'application/octet-stream',
    `${mediaTypes.dockerManifest}; charset=utf-8`,
    mediaTypes.ociManifest.toUpperCase(),
  ]) {
    assert.equal(parse(manifest, carrier).mediaType, mediaTypes.ociManifest);
  }
  assert.equal(parse({ manifests: [] }).kind, 'index');
});

test('an ambiguous manifest is refused (CVE-2021-41190)', () => {
  const image = { schemaVersion: 2, config, layers: [layer] };
  const index = { schemaVersion: 2, manifests: [{ ...config, mediaType: mediaTypes.ociManifest }] };
  const { ociManifest, ociIndex, dockerManifest, dockerManifestList } = mediaTypes;
  const cases: [document: object, carriers: (string | undefined)[]][] = [
    [{ ...image, ...index }, []],
    [{ ...image, ...index }, [ociIndex]],
    [{ ...image, manifests: [], mediaType: ociManifest }, [ociManifest]],
    [{ ...index, config, mediaType: ociIndex }, [ociIndex]],
    [{ ...index, layers: [] }, []],
    [{ ...image, fsLayers: [] }, []],
    [{ ...image, history: [] }, []],
    [{ ...image, mediaType: ociManifest }, [dockerManifest]],
    [{ ...image, mediaType: ociManifest }, [ociManifest, ociIndex]],
    [{ ...image, mediaType: ociManifest }, [undefined, `${ociIndex}; charset=utf-8`]],
    [{ ...index, mediaType: ociIndex }, [dockerManifestList]],
    [{ ...index, mediaType: ociIndex }, [ociManifest]],
    [image, [ociIndex]],
    [image, [mediaTypes.ociConfig]],
    [image, [mediaTypes.dockerManifestV1Signed]],
    [index, [ociManifest]],
    [{ ...image, Layers: [] }, []],
    [{ ...image, Manifests: [] }, []],
    [{ ...image, 'manife\u017fts': [] }, []],
    [{ ...image, mediaType: ociManifest, MediaType: ociIndex }, []],
    [{ ...image, layers: [{ ...layer, Digest: digest }] }, []],
  ];
  for (const [document, carriers] of cases) {
    assert.throws(
      () => parse(document, ...carriers),
      /manifest.*: ambiguous: /,
      JSON.stringify([document, carriers]),
    );
  }
  const twice = JSON.stringify(image).replace(/}$/, ',"layers":[]}');
  assert.throws(() => parseManifest(Buffer.from(twice)), /ambiguous: an object has two members of one name/);
});

test('a member in another case is read as Go reads it', () => {
  const read = parse({ SchemaVersion: 2, Config: config, LAYERS: [layer] });
  assert.equal(read.kind === 'manifest' && read.layers[0]?.digest, digest);
});

test('what is wrong with a manifest is told in a few hundred characters', () => {
  const long = 'x'.repeat(4_000_000);
  const documents = [
    [long],
    { mediaType: long },
    { config: { ...config, digest: long }, layers: [] },
    { config, layers: long },
    { config, layers: { [long]: [long] } },
    { config, layers: [{ ...layer, mediaType: `${long}\x1b` }] },
    { config, layers: [], annotations: { [`\x9b${long}`]: 1 } },
    { config, layers: [{ ...layer, size: Array(400_000).fill({}) }] },
  ];
  for (const document of documents) {
    assert.throws(
      () => parse(document),
      ({ message }: Error) => message.length < 600 && !/\p{Cc}/u.test(message),
    );
  }
});

test('what is not a usable manifest names the field', () => {
  const cases: [document: unknown, problem: RegExp][] = [
    [{ schemaVersion: 1, fsLayers: [] }, /schema 1 is not supported/],
    [{ mediaType: 'text/html' }, /manifest\.mediaType: text\/html is not an image/],
    [[], /manifest: expected an object, got \[\]/],
    [{ config: { ...config, digest: 'x' }, layers: [] }, /manifest\.config\.digest: "x" is not a digest/],
    [
      { config, layers: [layer, { ...layer, size: -1 }] },
      /manifest\.layers\[1\]\.size: expected a whole number, got -1/,
    ],
    [
      { config, layers: [{ ...layer, mediaType: 'application/wasm' }] },
      /layers\[0\]\.mediaType: application\/wasm/,
    ],
    [{ config, layers: 'no' }, /manifest\.layers: expected an array, got "no"/],
  ];
  for (const [document, problem] of cases) assert.throws(() => parse(document), problem);
  assert.throws(() => parseManifest(Buffer.from('<html>')), /manifest: not JSON/);
});

/** Which of the offered platforms a machine takes; both written os/architecture/variant. */
function choice(wanted: string, offered: (string | undefined)[]): string | undefined {
  const manifests = offered.map((text, index) => ({
    mediaType: mediaTypes.ociManifest,
    digest: `sha256:${String(index).repeat(64)}`,
    size: index,
    ...(text && { platform: platform(text) }),
  }));
  const index = parse({ mediaType: mediaTypes.ociIndex, manifests });
  assert(index.kind === 'index');
  return offered[choosePlatform(index, platform(wanted)).size];
}

function platform(text: string): Platform {
  const [os = '', architecture = '', variant] = text.split('/');
  return { os, architecture, ...(variant && { variant }) };
}

test('what is no layer among the layers is passed over, and an encrypted one is refused', () => {
  const parsed = parse({
    config,
    layers: [
      { ...layer, mediaType: 'application/vnd.example.sbom+json' },
      layer,
      { ...layer, mediaType: '' },
    ],
  });
  assert(parsed.kind === 'manifest');
  assert.deepEqual(parsed.layers, [layer]);
  const encrypted = { ...layer, mediaType: `${mediaTypes.ociLayer}+gzip+encrypted` };
  assert.throws(() => parse({ config, layers: [layer, encrypted] }), /encrypted is not a file system layer/);
  const none = parse({ config, layers: null });
  assert.deepEqual(none.kind === 'manifest' && none.layers, []);
});

test('the best image for a machine is chosen', () => {
  const cases: [wanted: string, offered: string[], chosen: string][] = [
    ['linux/amd64', ['linux/arm64', 'linux/amd64'], 'linux/amd64'],
    ['linux/amd64', ['windows/amd64', 'linux/amd64/v3', 'linux/amd64'], 'linux/amd64'],
    ['linux/arm/v7', ['linux/arm/v5', 'linux/arm/v6', 'linux/arm/v8'], 'linux/arm/v6'],
    ['linux/arm/v7', ['linux/arm/v6', 'linux/arm'], 'linux/arm'],
    ['linux/arm64', ['linux/arm/v7', 'linux/arm64/v8'], 'linux/arm64/v8'],
    ['linux/arm64', ['linux/arm/v5', 'linux/arm/v7'], 'linux/arm/v7'],
    ['linux/amd64', ['unknown/unknown', 'linux/x86_64'], 'linux/x86_64'],
    ['linux/amd64', ['linux/arm64', '/amd64'], '/amd64'],
    ['linux/amd64', ['linux/arm64', 'Linux/AMD64'], 'Linux/AMD64'],
    ['linux/arm64', ['linux/amd64', 'linux/arm64/8.0'], 'linux/arm64/8.0'],
  ];
  for (const [wanted, offered, chosen] of cases)
    assert.equal(choice(wanted, offered), chosen, `${wanted} of ${offered}`);
  // Who names no platform may be for this one, and is asked after those that say so.
  for (const offered of [[undefined], ['linux/arm64', undefined], [undefined, undefined]]) {
    assert.equal(choice('linux/amd64', offered), undefined);
  }
  assert.equal(choice('linux/amd64', [undefined, 'linux/amd64']), 'linux/amd64');
  assert.throws(
    () => choice('linux/riscv64', ['linux/amd64', 'linux/arm/v7']),
    /no match for platform linux\/riscv64 in manifest; it offers linux\/amd64, linux\/arm\/v7/,
  );
});

test('spellings of one platform are folded', () => {
  assert.deepEqual(normalizePlatform(platform('linux/aarch64')), platform('linux/arm64'));
  assert.deepEqual(normalizePlatform(platform('linux/arm64/v8')), platform('linux/arm64'));
  assert.deepEqual(normalizePlatform(platform('linux/arm/7')), platform('linux/arm/v7'));
  assert.deepEqual(normalizePlatform(platform('linux/armel')), platform('linux/arm/v6'));
});
