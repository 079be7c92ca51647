// A clock of the day that a test moves for one program.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const source = join(import.meta.dirname, 'shifted-clock.c');

export interface ShiftedClock {
  /** Variables of the program whose clock it is; it has to use libc, as Node.js does. */
  env: Record<string, string>;
  /** Moves the clock to so many seconds from the machine's. */
  shift(seconds: number): void;
}

/** Builds the library in `dir`. */
export function shiftedClock(dir: string): ShiftedClock {
  const [library, file] = [join(dir, 'shifted-clock.so'), join(dir, 'shifted-clock')];
  execFileSync('gcc', ['-shared', '-fPIC', '-O2', '-Wall', '-Werror', '-o', library, source]);
  const shift = (seconds: number): void => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    writeFileSync(file, bytes, { flag: 'r+' });
  };
  writeFileSync(file, Buffer.alloc(8));
  return { env: { LD_PRELOAD: library, SHIFTED_CLOCK: file }, shift };
}
