// Prints what a user asked for. A full disk is one line and exit code 1; a reader that has enough (`| head`) is no error.
import { writeSync } from 'node:fs';
import { plainMessage } from '../errno-text.ts';
import { hasCode } from '../error-code.ts';

/** Prints to standard output; ends `program` when that is not possible. */
export function printText(text: string, program: string): void {
  let rest = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(1, rest));
  } catch (error) {
    // A non-blocking pipe is full: the stream waits for it.
    if (hasCode(error, 'EAGAIN')) process.stdout.write(rest);
    else endWithoutOutput(error, program);
  }
}

/** Ends `program` after an error of standard output. */
export function endWithoutOutput(error: unknown, program: string): never {
  if (hasCode(error, 'EPIPE')) process.exit(0);
  process.stderr.write(`${program}: cannot write to standard output: ${plainMessage(error)}\n`);
  process.exit(1);
}
