import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { libcFunction } from '../syscall/libc.ts';
import { pipe } from './pipe.ts';

const fcntlCall = libcFunction('fcntl', ['int', 'int', 'long']);

// From fcntl.h; the same on every architecture that Node runs on.
const O_NONBLOCK = 0o4000;
const F_SETFL = 4;

/**
 * A real pipe for what a child process prints. What Node calls a pipe is a pair of sockets, which a program
 * cannot open again: `echo > /dev/stdout` would fail in it.
 *
 * @example
 * import { text } from 'node:stream/consumers';
 * import { startProcess } from '@berth/linux/processes/spawn.ts';
 *
 * const stdout = new OutputPipe();
 * const { exited } = startProcess({
 *   path: '/bin/echo',
 *   args: ['hello'],
 *   env: {},
 *   descriptors: ['null', stdout.writeEnd, 'null'],
 * });
 * // The output ends when no process has the writing end open any more.
 * stdout[Symbol.dispose]();
 * assert.equal(await text(stdout.output), 'hello\n');
 * assert.deepEqual(await exited, { code: 0, signal: null });
 */
export class OutputPipe implements Disposable {
  /** The descriptor that the child gets. */
  readonly writeEnd: number;
  /** The descriptor under `output`, which owns it. Reading does not block. */
  readonly readEnd: number;
  /** What is printed. Closes when the last writing end is closed, `writeEnd` included, or when destroyed. */
  readonly output: Socket;

  constructor() {
    const { readEnd, writeEnd } = pipe('for the output of a process');
    this.readEnd = readEnd;
    this.writeEnd = writeEnd;
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
    const { readEnd, writeEnd } = pipe('for the input of a process');
    this.readEnd = readEnd;
    doNotBlock(writeEnd);
    this.input = new Socket({ fd: writeEnd, readable: false, writable: true });
  }

  /** Closes this process's own reading end, as is due once the child has it. */
  [Symbol.dispose](): void {
    closeSync(this.readEnd);
  }
}

function doNotBlock(end: number): void {
  fcntlCall('pipe', end, F_SETFL, O_NONBLOCK);
}
