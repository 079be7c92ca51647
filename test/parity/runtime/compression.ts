// How layers are compressed, and what their media types say of that.
import { crc32, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Case } from '../case.ts';
import { tarOf } from './image.ts';
import { layerCase } from './layers.ts';
import type { RuntimeSide } from './node.ts';

const oci = 'application/vnd.oci.image.layer.v1.tar';
const docker = 'application/vnd.docker.image.rootfs.diff.tar';

/** A gzip member with flags and extra parts of the header. */
function member(content: Buffer, flags: number, extra: Buffer): Buffer {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(content), 0);
  trailer.writeUInt32LE(content.length, 4);
  return Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255]),
    extra,
    deflateRawSync(content),
    trailer,
  ]);
}

const skippable = Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0]), Buffer.from('skip')]);
const broken = (bytes: Buffer, at: number) => {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 0xff, at);
  return copy;
};

type Row = [name: string, mediaType: string, blob: Buffer];

/** Every form of a layer with the archive `tar`. */
function rowsOf(tar: Buffer): readonly Row[] {
  const gzip = gzipSync(tar);
  const zstd = zstdCompressSync(tar);
  const half = Math.floor(tar.length / 2);
  const halves = [tar.subarray(0, half), tar.subarray(half)] as const;
  return [
    ['tar, said to be gzip', `${oci}+gzip`, tar],
    ['tar, said to be zstd', `${oci}+zstd`, tar],
    ['gzip, said to be tar', oci, gzip],
    ['gzip, said to be zstd', `${oci}+zstd`, gzip],
    ['zstd, said to be tar', oci, zstd],
    ['zstd, said to be gzip', `${oci}+gzip`, zstd],
    ["zstd, said to be Docker's gzip", `${docker}.gzip`, zstd],
    ["gzip, said to be Docker's tar", docker, gzip],
    ["tar, said to be Docker's gzip", `${docker}.gzip`, tar],
    ["Docker's zstd", `${docker}.zstd`, zstd],
    ['zstd', `${oci}+zstd`, zstd],
    ['tar', oci, tar],
    ['a foreign layer', 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', gzip],
    ['a layer not for distribution', 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', gzip],
    ['an unknown suffix', `${oci}+xz`, gzip],
    ['an unknown media type', 'application/octet-stream', gzip],
    ['a media type in capitals', `${oci}+GZIP`, gzip],
    ['a media type with a parameter', `${oci}+gzip; charset=utf-8`, gzip],
    ['an empty media type', '', gzip],
    ['several suffixes', `${oci}+gzip+encrypted`, gzip],
    ['an eStargz-like suffix', `${oci}+esgz`, gzip],
    ['gzip of two members', `${oci}+gzip`, Buffer.concat(halves.map((part) => gzipSync(part)))],
    [
      'gzip with an empty member',
      `${oci}+gzip`,
      Buffer.concat([gzipSync(Buffer.alloc(0)), gzip, gzipSync(Buffer.alloc(0))]),
    ],
    ['gzip with zeros after it', `${oci}+gzip`, Buffer.concat([gzip, Buffer.alloc(1000)])],
    ['gzip with garbage after it', `${oci}+gzip`, Buffer.concat([gzip, Buffer.from('garbage')])],
    ['gzip with a name and a comment', `${oci}+gzip`, member(tar, 0x18, Buffer.from('layer.tar\0comment\0'))],
    ['gzip with extra fields', `${oci}+gzip`, member(tar, 0x04, Buffer.from([6, 0, 0x53, 0x47, 2, 0, 1, 2]))],
    [
      'gzip with a checksum of its header that is wrong',
      `${oci}+gzip`,
      member(tar, 0x02, Buffer.from([1, 2])),
    ],
    ['gzip with a wrong checksum', `${oci}+gzip`, broken(gzip, gzip.length - 8)],
    ['gzip with a wrong size', `${oci}+gzip`, broken(gzip, gzip.length - 1)],
    ['gzip without its end', `${oci}+gzip`, gzip.subarray(0, gzip.length - 8)],
    ['gzip cut in the middle', `${oci}+gzip`, gzip.subarray(0, gzip.length / 2)],
    ['gzip in gzip', `${oci}+gzip`, gzipSync(gzip)],
    ['zstd of two frames', `${oci}+zstd`, Buffer.concat(halves.map((part) => zstdCompressSync(part)))],
    ['zstd with skippable frames', `${oci}+zstd`, Buffer.concat([zstd, skippable])],
    ['zstd that begins with a skippable frame', `${oci}+zstd`, Buffer.concat([skippable, zstd])],
    ['zstd with garbage after it', `${oci}+zstd`, Buffer.concat([zstd, Buffer.from('garbage')])],
    ['zstd cut in the middle', `${oci}+zstd`, zstd.subarray(0, zstd.length / 2)],
    ['no bytes', `${oci}+gzip`, Buffer.alloc(0)],
    ['bzip2', `${oci}+gzip`, Buffer.from('QlpoOTFBWSZTWQ==', 'base64')],
  ];
}

/** An archive of each case's own: containerd does not look at a layer whose content it has. */
const tarOfCase = (name: string): Buffer =>
  tarOf([{ type: 'file', path: 'a', content: `${name} `.padEnd(4000, 'content ') }]);

export const compression: readonly Case<RuntimeSide>[] = rowsOf(tarOfCase('')).map(([name], index) =>
  layerCase('compression', name, () => {
    const tar = tarOfCase(name);
    const [, mediaType, blob] = rowsOf(tar)[index] ?? ['', '', tar];
    return [{ tar, blob, mediaType }];
  }),
);
