// Where the lines of logs go: standard output and standard error, as the container wrote them.
import { once } from 'node:events';
import type { LogOutput } from '@berth/cri/logs/printer.ts';
import { errorStream, outputStream } from '../output/print.ts';

/** This process's streams. */
export const standardOutput: LogOutput = {
  stdout: (bytes) => void outputStream().write(bytes),
  stderr: (bytes) => void errorStream().write(bytes),
};

/** Resolves when both accept more. */
export async function whenWritable(): Promise<void> {
  for (const target of [outputStream(), errorStream()]) {
    if (target.writableNeedDrain) await once(target, 'drain');
  }
}
