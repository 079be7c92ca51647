// Pipes for the stdio of child processes, because Node.js would give them sockets.
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { libcFunction } from '../syscall/libc.ts';
import { pipe } from './pipe.ts';

const fcntlCall = libcFunction('fcntl', ['int', 'int', 'long']);

// From fcntl.h; the same on every architecture that Node runs on.
const O_NONBLOCK = 0o4000;
const fSetfl = 4;

/**
 * A pipe(2) for the output of a child process. `'pipe'` of node:child_process makes a pair of sockets, for which
 * `echo > /dev/stdout` fails with ENXIO.
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
  /** The descriptor for the child. */
  readonly writeEnd: number;
  /** The nonblocking descriptor of `output`, which owns it. */
  readonly readEnd: number;
  /** The output. Ends when the last writing end is closed, `writeEnd` included. */
  readonly output: Socket;

  constructor() {
    const { readEnd, writeEnd } = pipe('for the output of a process');
    this.readEnd = readEnd;
    this.writeEnd = writeEnd;
    doNotBlock(this.readEnd);
    this.output = new Socket({ fd: this.readEnd, readable: true, writable: false });
  }

  /** Closes this process's writing end. Call it after starting the child. */
  [Symbol.dispose](): void {
    closeSync(this.writeEnd);
  }
}

/** As OutputPipe, for the input of a child process. */
export class InputPipe implements Disposable {
  /** The descriptor that the child gets. */
  readonly readEnd: number;
  /** The child's input; `end()` is its end of file. Fails with EPIPE when the child has closed it. */
  readonly input: Socket;

  constructor() {
    const { readEnd, writeEnd } = pipe('for the input of a process');
    this.readEnd = readEnd;
    doNotBlock(writeEnd);
    this.input = new Socket({ fd: writeEnd, readable: false, writable: true });
  }

  /** Closes this process's reading end. Call it after starting the child. */
  [Symbol.dispose](): void {
    closeSync(this.readEnd);
  }
}

function doNotBlock(end: number): void {
  fcntlCall('pipe', end, fSetfl, O_NONBLOCK);
}
