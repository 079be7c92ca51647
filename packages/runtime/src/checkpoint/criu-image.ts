import { ProtobufMessage } from './protobuf.ts';

// Magic numbers of criu's files (criu's magic.h): a common one, which only the inventory lacks, then one for the kind
// of file.
const commonMagic = 0x54564319;
const magics = {
  inventory: 0x58313116,
  pstree: 0x50273030,
  core: 0x55053847,
  ids: 0x54432030,
  mountpoints: 0x55563928,
  cgroup: 0x59383330,
  seccomp: 0x64413049,
  files: 0x56303138,
} as const;

export type CriuImageKind = keyof typeof magics;

/**
 * Parses the messages of one criu image file. Throws for a file of another kind, and for one of an old criu without
 * the common magic number.
 */
export function parseCriuImage(bytes: Buffer, kind: CriuImageKind): ProtobufMessage[] {
  const head = kind === 'inventory' ? [magics.inventory] : [commonMagic, magics[kind]];
  for (const [index, magic] of head.entries()) {
    if (bytes.length < 4 * (index + 1) || bytes.readUInt32LE(4 * index) !== magic) {
      throw new Error(`it does not begin as criu's ${kind} does`);
    }
  }
  const messages: ProtobufMessage[] = [];
  for (let at = 4 * head.length; at < bytes.length; ) {
    if (at + 4 > bytes.length) throw new Error('it is cut off');
    const end = at + 4 + bytes.readUInt32LE(at);
    if (end > bytes.length) throw new Error('it is cut off');
    messages.push(ProtobufMessage.parse(bytes.subarray(at + 4, end)));
    at = end;
  }
  return messages;
}
