import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { libcFunction } from './libc.ts';

const pipe2Call = libcFunction('pipe2', ['void *', 'int']);
const fcntlCall = libcFunction('fcntl', ['int', 'int', 'long']);

// From fcntl.h; the same on every architecture that Node runs on.
const O_CLOEXEC = 0o2000000;
const O_NONBLOCK = 0o4000;
const F_SETFL = 4;

/**
 * A real pipe for what a child process prints. What Node calls a pipe is a pair of sockets, which a program
 * cannot open again: `echo > /dev/stdout` would fail in it.
 *
 * @example
 * using stdout = new OutputPipe();
 * startProcess({ path: '/bin/date', args: [], env: {}, descriptors: ['null', stdout.writeEnd, 'null'] });
 */
export class OutputPipe implements Disposable {
  /** The descriptor that the child gets. */
  readonly writeEnd: number;
  /** The descriptor under `output`, which owns it. Reading does not block. */
  readonly readEnd: number;
  /** What is printed. Closes when the last writing end is closed, `writeEnd` included, or when destroyed. */
  readonly output: Socket;

  constructor() {
    [this.readEnd, this.writeEnd] = makePipe('for the output of a process');
    doNotBlock(this.readEnd);
    this.output = new Socket({ fd: this.readEnd, readable: true, writable: false });
  }

  /** Closes this process's own writing end, as is due once the child has it. */
  [Symbol.dispose](): void {
    closeSync(this.writeEnd);
  }
}

/** As OutputPipe, for what a child process reads. */
export class InputPipe implements Disposable {
  /** The descriptor that the child gets. */
  readonly readEnd: number;
  /** What the child is to read; ending it is the end of the child's input. Fails with EPIPE when nobody reads. */
  readonly input: Socket;

  constructor() {
    const [readEnd, writeEnd] = makePipe('for the input of a process');
    this.readEnd = readEnd;
    doNotBlock(writeEnd);
    this.input = new Socket({ fd: writeEnd, readable: false, writable: true });
  }

  /** Closes this process's own reading end, as is due once the child has it. */
  [Symbol.dispose](): void {
    closeSync(this.readEnd);
  }
}

function makePipe(purpose: string): [readEnd: number, writeEnd: number] {
  const ends = Buffer.alloc(8);
  pipe2Call(purpose, ends, O_CLOEXEC);
  return [ends.readInt32LE(0), ends.readInt32LE(4)];
}

function doNotBlock(end: number): void {
  fcntlCall('pipe', end, F_SETFL, O_NONBLOCK);
}
