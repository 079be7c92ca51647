// Pseudo-terminals: their masters as streams, and their sizes.
import { closeSync, constants, openSync } from 'node:fs';
import { libcFunction } from '../syscall/libc.ts';
import { DescriptorStream } from './descriptor-stream.ts';

const ioctlCall = libcFunction('ioctl', ['int', 'ulong', 'void *']);
const fcntlCall = libcFunction('fcntl', ['int', 'int', 'long']);

// From asm-generic/ioctls.h and termbits.h, valid for x86 and ARM.
const TCGETS = 0x5401;
const TCSETS = 0x5402;
const TIOCSWINSZ = 0x5414;
const TIOCGPTN = 0x80045430;
const TIOCSPTLCK = 0x40045431;
const fSetfl = 4;
const O_NONBLOCK = 0o4000;

/** sizeof(struct termios) of the kernel. */
const termiosBytes = 36;
/** The flags that cfmakeraw(3) clears, by the offset of their field: c_iflag, c_oflag, c_lflag. */
const cooked: readonly [offset: number, flags: number][] = [
  [0, 0o0000001 | 0o0000002 | 0o0000010 | 0o0000040 | 0o0000100 | 0o0000200 | 0o0000400 | 0o0002000],
  [4, 0o0000001],
  [12, 0o0000001 | 0o0000002 | 0o0000010 | 0o0000100 | 0o0100000],
];

/** A new pseudo-terminal in raw mode: the terminal on the other side of the relay interprets the characters. */
export interface RelayTerminal {
  /** The nonblocking descriptor of the master. */
  master: number;
  /** Path of the slave, which a program opens. */
  path: string;
}

/** Opens a pseudo-terminal for a program that relays between it and its own terminal. */
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
 * A stream over the master of a terminal, which it owns. Ends when the last process closed the slave; destroying it
 * hangs up the terminal (SIGHUP to its session).
 */
export function terminalStream(master: number): DescriptorStream {
  fcntlCall('terminal', master, fSetfl, constants.O_RDWR | O_NONBLOCK);
  return new DescriptorStream(master, { kind: 'bytes' });
}

/** Sets the size in characters of a terminal, given its master; its programs get SIGWINCH. */
export function setTerminalSize(master: number, { width, height }: { width: number; height: number }): void {
  const size = Buffer.alloc(8);
  size.writeUInt16LE(Math.min(height, 0xffff), 0);
  size.writeUInt16LE(Math.min(width, 0xffff), 2);
  ioctlCall('terminal', master, TIOCSWINSZ, size);
}
