// Scratch folders and child processes of a test: both go when the test ends, however it ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { patience } from './machine-speed.ts';

/** The checkout that is under test. */
export const checkout = new URL('../../..', import.meta.url).pathname.replace(/\/$/, '');

/** A new folder directly under /run (short enough for Unix socket paths, on tmpfs or not alike). */
export function scratchDir(name: string): { path: string } & Disposable {
  const path = mkdtempSync(`/run/berth-test-${name}-`);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export interface Daemon extends AsyncDisposable {
  pid: number;
  child: ChildProcess;
  /** Everything that the daemon has printed since it was first started. */
  output(): string;
  /** Ends the daemon with a signal and waits for its exit. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a long-running program with its output in a file, and waits until `ready` resolves.
 * Rejects with what it printed when it exits first, or after `timeoutMs`.
 */
export async function startDaemon(options: {
  name: string;
  argv: string[];
  dir: string;
  env?: NodeJS.ProcessEnv;
  ready: () => Promise<boolean>;
  timeoutMs?: number;
}): Promise<Daemon> {
  const { name, argv, dir, ready, timeoutMs = 120_000 } = options;
  const logFile = join(dir, `${name}.log`);
  const log = openSync(logFile, 'a');
  const [program = '', ...args] = argv;
  const child = spawn(program, args, {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...options.env },
  });
  closeSync(log);
  const exited = once(child, 'exit').catch(() => undefined);
  const output = () => readFileSync(logFile, 'utf8');
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await exited;
      clearTimeout(timer);
    }
  };
  const deadline = performance.now() + patience(timeoutMs);
  while (!(await ready().catch(() => false))) {
    if (child.exitCode !== null || child.signalCode !== null || performance.now() > deadline) {
      await stop('SIGKILL');
      throw new Error(`${name} did not become ready (${argv.join(' ')}):\n${output()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { pid: child.pid ?? 0, child, output, stop, [Symbol.asyncDispose]: () => stop() };
}
