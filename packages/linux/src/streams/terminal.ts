import { closeSync, constants, openSync } from 'node:fs';
import { libcFunction } from '../syscall/libc.ts';
import { DescriptorStream } from './descriptor-stream.ts';

const ioctlCall = libcFunction('ioctl', ['int', 'ulong', 'void *']);
const fcntlCall = libcFunction('fcntl', ['int', 'int', 'long']);

// From asm-generic/ioctls.h and termbits.h: x86 and ARM have these, not every architecture.
const TCGETS = 0x5401;
const TCSETS = 0x5402;
const TIOCSWINSZ = 0x5414;
const TIOCGPTN = 0x80045430;
const TIOCSPTLCK = 0x40045431;
const F_SETFL = 4;
const O_NONBLOCK = 0o4000;

/** The kernel's `struct termios` up to its last control character. */
const termiosBytes = 36;
/** What a raw terminal does not have, by offset of the flags: input, output, local. See cfmakeraw(3). */
const cooked: readonly [offset: number, flags: number][] = [
  [0, 0o0000001 | 0o0000002 | 0o0000010 | 0o0000040 | 0o0000100 | 0o0000200 | 0o0000400 | 0o0002000],
  [4, 0o0000001],
  [12, 0o0000001 | 0o0000002 | 0o0000010 | 0o0000100 | 0o0100000],
];

/** A new pseudo-terminal, raw: all that interprets what passes through is at the other side of a relay. */
export interface RelayTerminal {
  /** Descriptor of its master, nonblocking. */
  master: number;
  /** Path of the side that a program opens. */
  path: string;
}

/** Opens a pseudo-terminal for a program that relays between it and one of its own. */
export function openRelayTerminal(): RelayTerminal {
  const master = openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  try {
    const number = Buffer.alloc(4);
    ioctlCall('/dev/ptmx', master, TIOCSPTLCK, Buffer.alloc(4));
    ioctlCall('/dev/ptmx', master, TIOCGPTN, number);
    const modes = Buffer.alloc(termiosBytes);
    ioctlCall('/dev/ptmx', master, TCGETS, modes);
    for (const [offset, flags] of cooked) {
      modes.writeUInt32LE((modes.readUInt32LE(offset) & ~flags) >>> 0, offset);
    }
    ioctlCall('/dev/ptmx', master, TCSETS, modes);
    return { master, path: `/dev/pts/${number.readUInt32LE(0)}` };
  } catch (error) {
    closeSync(master);
    throw error;
  }
}

/**
 * What comes from and goes to the programs in a terminal, through its master, which the stream owns. Ends when
 * the last program has let go of the terminal; destroying it hangs the terminal up (SIGHUP to its session).
 */
export function terminalStream(master: number): DescriptorStream {
  fcntlCall('terminal', master, F_SETFL, constants.O_RDWR | O_NONBLOCK);
  return new DescriptorStream(master, { kind: 'bytes' });
}

/** Sets the size in characters of a terminal, given its master; its programs get SIGWINCH. */
export function setTerminalSize(master: number, { width, height }: { width: number; height: number }): void {
  const size = Buffer.alloc(8);
  size.writeUInt16LE(Math.min(height, 0xffff), 0);
  size.writeUInt16LE(Math.min(width, 0xffff), 2);
  ioctlCall('terminal', master, TIOCSWINSZ, size);
}
