// Programs of the node that volumes need, such as mount(8): where they are, and what they print.
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

const maxOutputLength = 64 * 1024;

/** The longest that a program for a disk may take: a large one is formatted, or checked. */
const diskTimeoutMs = 30 * 60_000;

/** How a program has ended, and what it printed, its complaints included. */
export interface ProgramResult {
  /** Exit status. */
  code: number;
  output: string;
}

/** Runs a program by its name. Rejects when it is not installed, takes too long, or is killed. */
export type RunProgram = (name: string, args: readonly string[]) => Promise<ProgramResult>;

/** What is installed to have a program. */
const packages: Readonly<Record<string, string>> = {
  'mount.nfs': 'install nfs-common or nfs-utils',
  iscsiadm: 'install open-iscsi or iscsi-initiator-utils',
  'mkfs.xfs': 'install xfsprogs',
  'mkfs.btrfs': 'install btrfs-progs',
};

/** The directories of programs; a daemon's PATH may lack those of system programs. */
export function systemPath(): string[] {
  return [...new Set([...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'])].filter(
    Boolean,
  );
}

/** The path of a program. Throws an error that says what to install. */
export async function findProgram(name: string, searchPath: readonly string[]): Promise<string> {
  for (const folder of searchPath) {
    const program = join(folder, name);
    try {
      await access(program, constants.X_OK);
      return program;
    } catch {
      // The next folder may have it.
    }
  }
  throw new ProgramMissing(name);
}

/** A program is not installed on this node. */
export class ProgramMissing extends Error {
  override readonly name = 'ProgramMissing';

  constructor(program: string) {
    super(`${program} is not installed on this node${packages[program] ? `: ${packages[program]}` : ''}`);
  }
}

/**
 * Runs programs of the node. No error quotes their arguments, in which secrets may be.
 *
 * @param timeoutMs after which a program is killed, in milliseconds
 */
export function nodePrograms(timeoutMs: number, searchPath: readonly string[] = systemPath()): RunProgram {
  return async (name, args) => {
    const program = await findProgram(name, searchPath);
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      // What they print is read here.
      env: { ...process.env, LC_ALL: 'C' },
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output = (output + chunk).slice(0, maxOutputLength);
      });
    }
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        if (code !== null) resolve({ code, output });
        else reject(new Error(`${name} was ended by ${signal}; it may take ${timeoutMs / 1000} s`));
      });
    });
  };
}

/** Runs programs that work on disks. */
export function diskPrograms(): RunProgram {
  return nodePrograms(diskTimeoutMs);
}
