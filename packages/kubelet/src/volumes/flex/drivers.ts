// FlexVolume drivers: executables in folders named VENDOR~DRIVER, which are called with a command and its arguments.
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isPathPart } from '../../paths/pod-paths.ts';
import { type Capabilities, readDriverStatus } from './driver-status.ts';

/** The longest call: a driver may have to make a file system. */
const timeoutMs = 600_000;
const maxOutputBytes = 1024 * 1024;

/** A driver that has answered `init`. */
export interface FlexDriver {
  capabilities: Capabilities;
  /** Calls the driver. Throws NotSupportedError, or an error with what the driver says; none quotes the arguments. */
  call(command: string, args: readonly string[], signal?: AbortSignal): Promise<void>;
}

/** The folder of a driver, and of its volumes in a pod's `volumes`. Throws for a name that is no folder's. */
export function driverFolder(driver: string): string {
  const folder = driver.replaceAll('/', '~');
  if (!isPathPart(folder)) throw new Error(`${JSON.stringify(driver)} cannot be the name of a driver`);
  return folder;
}

/** The drivers in one directory. */
export class FlexDrivers {
  readonly #directory: string;
  /** By folder: a driver, and which version of its file has answered `init`. */
  readonly #known = new Map<string, { version: string; driver: FlexDriver }>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The driver in the folder, after its `init`; undefined when it is not installed. A new version is asked again. */
  async find(folder: string, signal?: AbortSignal): Promise<FlexDriver | undefined> {
    const file = join(this.#directory, folder, folder.slice(folder.lastIndexOf('~') + 1));
    const version = folder.startsWith('.') ? undefined : await versionOf(file);
    if (version === undefined) {
      this.#known.delete(folder);
      return undefined;
    }
    const known = this.#known.get(folder);
    if (known?.version === version) return known.driver;
    const capabilities = await run(file, 'init', [], signal);
    const driver: FlexDriver = {
      capabilities,
      call: async (command, args, callSignal) => void (await run(file, command, args, callSignal)),
    };
    this.#known.set(folder, { version, driver });
    return driver;
  }
}

/** Undefined for what cannot be run. */
async function versionOf(file: string): Promise<string | undefined> {
  try {
    await access(file, constants.X_OK);
    const { ino, mtimeMs, size } = await stat(file);
    return `${ino} ${mtimeMs} ${size}`;
  } catch {
    return undefined;
  }
}

async function run(
  file: string,
  command: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Capabilities> {
  const { output, problem } = await outputOf(file, [command, ...args], signal);
  if (problem !== undefined && output === '') throw new Error(`${file} ${command}: ${problem}`);
  const answer = readDriverStatus(command, output);
  if (problem !== undefined) throw new Error(`${file} ${command}: ${problem}, but no error in its answer`);
  return answer;
}

/** Node's own message would quote the arguments, in which secrets may be. */
function outputOf(
  file: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<{ output: string; problem: string | undefined }> {
  const options = {
    killSignal: 'SIGKILL',
    timeout: timeoutMs,
    maxBuffer: maxOutputBytes,
    ...(signal && { signal }),
  } as const;
  return new Promise((resolve) => {
    execFile(file, args, options, (error, output) => {
      if (error === null) return resolve({ output, problem: undefined });
      const { code, signal: killedBy } = error;
      if (signal?.aborted) return resolve({ output: '', problem: 'the pod must end' });
      const problem = typeof code === 'number' ? `exit status ${code}` : (code ?? `signal: ${killedBy}`);
      resolve({ output, problem });
    });
  });
}
