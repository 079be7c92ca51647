// Runs the program of a credential provider: a request on its standard input, the answer on its standard output.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { printable } from '@berth/common/printable.ts';
import type { ProviderConfig } from './provider-config.ts';

const timeoutMs = 60_000;
const maxOutputBytes = 1024 * 1024;
const maxShown = 1024;

/** Runs it; resolves with what it printed. Rejects when it fails, takes a minute or prints more than a megabyte. */
export async function runProvider(
  { name, args, env }: Pick<ProviderConfig, 'name' | 'args' | 'env'>,
  binDir: string,
  request: { image: string; text: string },
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = execFile(
    join(binDir, name),
    [...args],
    {
      env: { ...process.env, ...Object.fromEntries(env.map(({ name: key, value }) => [key, value])) },
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: maxOutputBytes,
    },
    (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const what = `error execing credential provider plugin ${name} for image ${request.image}`;
      reject(new Error(`${what}: ${reason(error)}: ${printable(stderr, maxShown)}`));
    },
  );
  // A program that reads no input may have ended.
  child.stdin?.on('error', () => {});
  child.stdin?.end(request.text);
  return await promise;
}

/** Not the error's own text, which quotes the command line. */
function reason(error: Error & { code?: unknown; killed?: boolean; signal?: unknown }): string {
  if (hasCode(error, 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')) {
    return `it has printed more than ${maxOutputBytes} bytes`;
  }
  if (error.killed) return 'context deadline exceeded';
  if (typeof error.code === 'number') return `exit status ${error.code}`;
  return `signal or start: ${String(error.signal ?? error.code)}`;
}
