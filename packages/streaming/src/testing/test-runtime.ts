import { once } from 'node:events';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { onceAborted } from '@berth/common/abort.ts';
import type { StreamingRuntime, TerminalSize } from '../server/streaming-runtime.ts';

/** A runtime for tests: its commands are streams, without containers and processes. */
export function testRuntime(): StreamingRuntime & { sizes: TerminalSize[]; waiting: number; gone: number } {
  const runtime = {
    sizes: [] as TerminalSize[],
    /** Commands that have begun to wait. */
    waiting: 0,
    /** Sessions that ended because their client did. */
    gone: 0,
    async exec({ cmd }, { stdin, stdout, stderr, resize, signal }) {
      const [name, argument = ''] = cmd;
      switch (name) {
        case 'echo':
          stdout?.write(argument);
          return { exitCode: 0 };
        case 'both':
          stdout?.write('out');
          stderr?.write('err');
          return { exitCode: 0 };
        case 'cat':
          if (stdin !== undefined && stdout !== undefined) await pipeline(stdin, stdout);
          return { exitCode: 0 };
        case 'count':
          stdout?.write(String(stdin === undefined ? -1 : (await buffer(stdin)).length));
          return { exitCode: 0 };
        case 'exit':
          return { exitCode: Number(argument) };
        case 'sizes':
          for await (const size of resize) {
            runtime.sizes.push(size);
            stdout?.write(`${size.width}x${size.height};`);
            if (size.width === 1) return { exitCode: 0 };
          }
          return { exitCode: 0 };
        case 'zeros': {
          const zeros = Buffer.alloc(64 * 1024);
          for (let sent = 0; sent < Number(argument); sent += zeros.length)
            if (stdout?.write(zeros) === false) await once(stdout, 'drain', { signal });
          return { exitCode: 0 };
        }
        case 'wait':
          runtime.waiting++;
          await onceAborted(signal);
          runtime.gone++;
          return { exitCode: 137 };
        default:
          throw new Error(`no such command: ${name}`);
      }
    },
    async attach(_, { stdin, stdout }) {
      if (stdin !== undefined && stdout !== undefined) await pipeline(stdin, stdout);
    },
    async portForward({ port }) {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      await once(socket, 'connect');
      return socket;
    },
  } satisfies StreamingRuntime & { sizes: TerminalSize[]; waiting: number; gone: number };
  return runtime;
}
