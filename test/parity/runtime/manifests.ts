// Manifests and indexes of images.
import { digestOf } from '@berth/oci/image-spec/digest.ts';
import { mediaTypes } from '@berth/oci/image-spec/media-types.ts';
import { hostPlatform } from '@berth/oci/image-spec/platform.ts';
import type { Case, Json } from '../case.ts';
import { inImage } from './container.ts';
import { asBytes, type ImageInput, publish, repositoryOf } from './image.ts';
import { lookAtProcess } from './image-configs.ts';
import type { RuntimeSide } from './node.ts';

const area = 'manifests';
type Manifest = NonNullable<ImageInput['manifest']>;
type Plain = Parameters<Manifest>[0];

const text = (value: Json): string => JSON.stringify(value);
/** Changes the upper layer, which only this case's image has. */
const layer = (plain: Plain, more: { [key: string]: Json | undefined }) => ({
  ...plain,
  layers: plain.layers.map((each, index) => (index === 1 ? { ...each, ...more } : each)),
});
const config = (plain: Plain, more: { [key: string]: Json | undefined }) => ({
  ...plain,
  config: { ...plain.config, ...more },
});

const documents: readonly [name: string, manifest: (plain: Plain) => Json, contentType?: string][] = [
  ['no media type', ({ mediaType: _, ...rest }) => rest],
  ['no media type, and an answer without one', ({ mediaType: _, ...rest }) => rest, ''],
  ['no media type, and an answer of JSON', ({ mediaType: _, ...rest }) => rest, 'application/json'],
  ['an answer of plain text', (plain) => plain, 'text/plain'],
  ['an answer of JSON', (plain) => plain, 'application/json'],
  ['an answer with a charset', (plain) => plain, `${mediaTypes.ociManifest}; charset=utf-8`],
  ['an answer in capitals', (plain) => plain, mediaTypes.ociManifest.toUpperCase()],
  ["an answer with Docker's media type", (plain) => plain, mediaTypes.dockerManifest],
  ["an answer with an index's media type", (plain) => plain, mediaTypes.ociIndex],
  ["an answer with schema 1's media type", (plain) => plain, mediaTypes.dockerManifestV1Signed],
  [
    "Docker's schema 2",
    (plain) => ({
      ...plain,
      mediaType: mediaTypes.dockerManifest,
      config: { ...plain.config, mediaType: mediaTypes.dockerConfig },
      layers: plain.layers.map((each) => ({ ...each, mediaType: mediaTypes.dockerLayerGzip })),
    }),
    mediaTypes.dockerManifest,
  ],
  [
    "Docker's schema 2 with OCI's layers",
    (plain) => ({ ...plain, mediaType: mediaTypes.dockerManifest }),
    mediaTypes.dockerManifest,
  ],
  [
    "a body that says Docker's, an answer that says OCI's",
    (plain) => ({ ...plain, mediaType: mediaTypes.dockerManifest }),
  ],
  ['a body that says it is an index', (plain) => ({ ...plain, mediaType: mediaTypes.ociIndex })],
  ['an unknown media type in the body', (plain) => ({ ...plain, mediaType: 'application/vnd.example+json' })],
  ['no schema version', ({ schemaVersion: _, ...rest }) => rest],
  ['schema version 1', (plain) => ({ ...plain, schemaVersion: 1 })],
  ['schema version 3', (plain) => ({ ...plain, schemaVersion: 3 })],
  ['a schema version that is a text', (plain) => ({ ...plain, schemaVersion: '2' })],
  [
    'members that are unknown',
    (plain) => ({ ...plain, 'x-mine': 1, layers: plain.layers.map((each) => ({ ...each, extra: {} })) }),
  ],
  ['a member twice', (plain) => text(plain).replace(/^\{/, '{"schemaVersion":1,')],
  ['members of another case', ({ layers, ...rest }) => ({ ...rest, Layers: layers })],
  ['a byte order mark', (plain) => `\ufeff${text(plain)}`],
  ['blanks around it', (plain) => `\n ${JSON.stringify(plain, undefined, 3)}\n\n`],
  ['text after it', (plain) => `${text(plain)}x`],
  ['no config', ({ config: _, ...rest }) => rest],
  ['config of null', (plain) => ({ ...plain, config: null })],
  ['no layers', ({ layers: _, ...rest }) => rest],
  ['layers of null', (plain) => ({ ...plain, layers: null })],
  ['both layers and manifests', (plain) => ({ ...plain, manifests: [] })],
  ['both layers and manifests that are some', (plain) => ({ ...plain, manifests: [plain.config] })],
  ['both layers and fsLayers', (plain) => ({ ...plain, fsLayers: [{ blobSum: digestOf('x') }] })],
  ['a layer twice', (plain) => ({ ...plain, layers: [...plain.layers, ...plain.layers] })],
  ['a config that is a byte longer', (plain) => config(plain, { size: Number(plain.config['size']) + 1 })],
  ['a config that is a byte shorter', (plain) => config(plain, { size: Number(plain.config['size']) - 1 })],
  ['a config without a size', (plain) => config(plain, { size: undefined })],
  ['a layer that is a byte longer', (plain) => layer(plain, { size: Number(plain.layers[1]?.['size']) + 1 })],
  [
    'a layer that is a byte shorter',
    (plain) => layer(plain, { size: Number(plain.layers[1]?.['size']) - 1 }),
  ],
  ['a layer without a size', (plain) => layer(plain, { size: undefined })],
  ['a layer of size 0', (plain) => layer(plain, { size: 0 })],
  ['a layer with a size below zero', (plain) => layer(plain, { size: -1 })],
  ['a layer with a size in text', (plain) => layer(plain, { size: String(plain.layers[1]?.['size']) })],
  ['a layer with a size that has a point', (plain) => text(plain).replaceAll(/"size":(\d+)/g, '"size":$1.0')],
  ['a layer with a size in exponents', (plain) => text(plain).replaceAll(/"size":(\d+)/g, '"size":$1e0')],
  ['a layer without a digest', (plain) => layer(plain, { digest: undefined })],
  [
    'a layer with a digest in capitals',
    (plain) =>
      layer(plain, {
        digest: String(plain.layers[1]?.['digest']).toUpperCase().replace('SHA256', 'sha256'),
      }),
  ],
  [
    'a layer with a digest of md5',
    (plain) => layer(plain, { digest: 'md5:d41d8cd98f00b204e9800998ecf8427e' }),
  ],
  ['a layer with a digest that is none', (plain) => layer(plain, { digest: 'nonsense' })],
  ['a layer that the registry lacks', (plain) => layer(plain, { digest: digestOf('not there') })],
  ['a layer without a media type', (plain) => layer(plain, { mediaType: undefined })],
  ['annotations of null', (plain) => ({ ...plain, annotations: null })],
  ['annotations that are no texts', (plain) => ({ ...plain, annotations: { a: 1 } })],
  ['annotations of a layer that are no texts', (plain) => layer(plain, { annotations: { a: true } })],
  ['annotations that are a list', (plain) => ({ ...plain, annotations: [] })],
  ['URLs of a layer', (plain) => layer(plain, { urls: ['http://127.0.0.1:1/nowhere'] })],
  ['URLs of a layer that are a text', (plain) => layer(plain, { urls: 'x' })],
  ['data of the config', (plain) => config(plain, { data: 'e30=' })],
  ['data of the config that is no base64', (plain) => config(plain, { data: '***' })],
  [
    'a platform of the config',
    (plain) => config(plain, { platform: { os: 'windows', architecture: 'arm' } }),
  ],
  ['a subject', (plain) => ({ ...plain, subject: plain.config })],
  ['a subject of null', (plain) => ({ ...plain, subject: null })],
  ['an artifact type', (plain) => ({ ...plain, artifactType: 'application/vnd.example' })],
  ['an empty document', () => ''],
  ['an empty object', () => ({})],
  ['null', () => 'null'],
  ['a list', () => []],
  ['HTML', () => '<html><body>Please log in</body></html>'],
];

type Descriptor = { [key: string]: Json | undefined };

/** What stands in the index around the descriptor of a sound manifest. */
const indexes: readonly [
  name: string,
  index: (manifest: Descriptor, put: Put) => Json,
  contentType?: string,
][] = [
  ['with a platform', (manifest) => index([{ ...manifest, platform: host }])],
  ['without a platform', (manifest) => index([manifest])],
  ['with a platform of null', (manifest) => index([{ ...manifest, platform: null }])],
  ['with an empty platform', (manifest) => index([{ ...manifest, platform: {} }])],
  [
    'with a platform in capitals',
    (manifest) => index([{ ...manifest, platform: { os: 'Linux', architecture: 'AMD64' } }]),
  ],
  [
    'with the name x86_64',
    (manifest) => index([{ ...manifest, platform: { os: 'linux', architecture: 'x86_64' } }]),
  ],
  ['with the variant v1', (manifest) => index([{ ...manifest, platform: { ...host, variant: 'v1' } }])],
  ['with the variant v3 alone', (manifest) => index([{ ...manifest, platform: { ...host, variant: 'v3' } }])],
  ['with an unknown variant', (manifest) => index([{ ...manifest, platform: { ...host, variant: 'x' } }])],
  [
    'with a version of the operating system',
    (manifest) => index([{ ...manifest, platform: { ...host, 'os.version': '5', 'os.features': ['x'] } }]),
  ],
  [
    'with other platforms alone',
    (manifest) => index([{ ...manifest, platform: { os: 'linux', architecture: 's390x' } }]),
  ],
  [
    'with another platform first',
    (manifest) =>
      index([
        { ...manifest, digest: digestOf('no'), platform: { os: 'linux', architecture: 's390x' } },
        { ...manifest, platform: host },
      ]),
  ],
  [
    'with an attestation first',
    (manifest) =>
      index([
        {
          ...manifest,
          digest: digestOf('no'),
          platform: { os: 'unknown', architecture: 'unknown' },
          annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
        },
        { ...manifest, platform: host },
      ]),
  ],
  [
    'with two of the platform, the first missing',
    (manifest) =>
      index([
        { ...manifest, digest: digestOf('no'), platform: host },
        { ...manifest, platform: host },
      ]),
  ],
  [
    'with an artifact without a platform first',
    (manifest, put) =>
      index([
        { ...manifest, ...put('{}'), artifactType: 'application/vnd.example' },
        { ...manifest, platform: host },
      ]),
  ],
  [
    'with an unknown media type first',
    (manifest, put) =>
      index([
        { ...put('{}'), mediaType: 'application/vnd.example' },
        { ...manifest, platform: host },
      ]),
  ],
  [
    'in an index',
    (manifest, put) =>
      index([
        { mediaType: mediaTypes.ociIndex, ...put(JSON.stringify(index([{ ...manifest, platform: host }]))) },
      ]),
  ],
  [
    'in an index with a platform',
    (manifest, put) =>
      index([
        {
          mediaType: mediaTypes.ociIndex,
          ...put(JSON.stringify(index([{ ...manifest, platform: host }]))),
          platform: host,
        },
      ]),
  ],
  [
    'in three indexes',
    (manifest, put) =>
      [1, 2, 3].reduce<Json>(
        (inner) => index([{ mediaType: mediaTypes.ociIndex, ...put(JSON.stringify(inner)) }]),
        index([{ ...manifest, platform: host }]),
      ),
  ],
  [
    "of Docker's",
    (manifest) => ({ ...index([{ ...manifest, platform: host }]), mediaType: mediaTypes.dockerManifestList }),
    mediaTypes.dockerManifestList,
  ],
  [
    "of Docker's, said to be OCI's",
    (manifest) => ({ ...index([{ ...manifest, platform: host }]), mediaType: mediaTypes.dockerManifestList }),
  ],
  [
    'without a media type',
    (manifest) => ({ schemaVersion: 2, manifests: [{ ...manifest, platform: host }] }),
  ],
  [
    'without a media type, said to be a manifest',
    (manifest) => ({ schemaVersion: 2, manifests: [{ ...manifest, platform: host }] }),
    mediaTypes.ociManifest,
  ],
  [
    'without a media type, said to be JSON',
    (manifest) => ({ schemaVersion: 2, manifests: [{ ...manifest, platform: host }] }),
    'application/json',
  ],
  [
    'whose entry has no media type',
    ({ mediaType: _, ...manifest }) => index([{ ...manifest, platform: host }]),
  ],
  ['whose entry has no size', ({ size: _, ...manifest }) => index([{ ...manifest, platform: host }])],
  [
    'whose entry has a wrong size',
    (manifest) => index([{ ...manifest, size: Number(manifest['size']) + 1, platform: host }]),
  ],
  [
    'whose entry has annotations and URLs',
    (manifest) =>
      index([{ ...manifest, platform: host, annotations: { a: 'b' }, urls: ['x'], data: 'e30=' }]),
  ],
  [
    'with layers too',
    (manifest) => ({ ...index([{ ...manifest, platform: host }]), layers: [], config: manifest }),
  ],
  ['of nothing', () => index([])],
  ['of null', () => ({ ...index([]), manifests: null })],
  [
    'with members that are unknown',
    (manifest) => ({ ...index([{ ...manifest, platform: { ...host, extra: 1 } }]), more: 1 }),
  ],
  [
    'with annotations that are no texts',
    (manifest) => ({ ...index([{ ...manifest, platform: host }]), annotations: { a: 1 } }),
  ],
];

type Put = (manifest: string) => Descriptor;
const host = { ...hostPlatform() };
const index = (manifests: Json[]) => ({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });

export const manifests: readonly Case<RuntimeSide>[] = [
  ...documents.map(
    ([name, manifest, contentType]): Case<RuntimeSide> => ({
      area,
      name,
      apply: async (side) => {
        const { reference } = publish(side.registry, repositoryOf(area, name), {
          layers: [[{ type: 'file', path: 'own', content: name }]],
          manifest,
          ...(contentType !== undefined && { contentType }),
        });
        return await inImage(side, reference, {}, lookAtProcess);
      },
    }),
  ),
  ...indexes.map(
    ([words, change, contentType = mediaTypes.ociIndex]): Case<RuntimeSide> => ({
      area,
      name: `index ${words}`,
      apply: async (side) => {
        const repository = repositoryOf(area, `index ${words}`);
        const { reference, descriptor } = publish(side.registry, repository, {});
        const put = (content: string) => {
          const digest = side.registry.tag(repository, 'inner', content, mediaTypes.ociIndex);
          return { digest, size: Buffer.byteLength(content) };
        };
        side.registry.tag(repository, '1', asBytes(change(descriptor, put)), contentType);
        return await inImage(side, reference, {}, lookAtProcess);
      },
    }),
  ),
];
