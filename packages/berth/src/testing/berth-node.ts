// A node of `berth up` for tests: all its folders in one, a network of its own, and berth's commands for pods.
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { up } from '../commands/up.ts';
import type { NodeLayout } from '../node/layout.ts';
import { testLayout } from './test-layout.ts';

/** What a command printed. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** A node; it is ended with all that is on it. */
export interface BerthNode extends AsyncDisposable {
  readonly dir: string;
  readonly layout: NodeLayout;
  /** `berth up` with the pods of this text. */
  up(manifests: string): Promise<void>;
  /** The command line that runs a command of berth. */
  commandLine(...words: string[]): string[];
  /** Runs a command of berth. */
  run(words: readonly string[], input?: string): Promise<CommandResult>;
  /** Starts a command of berth. */
  start(...words: string[]): ChildProcess;
}

/** Lays a node out; it starts with its first pods. */
export async function berthNode(): Promise<BerthNode> {
  const node = await testLayout('pods', '10.222.13.0/24');
  const { dir, layout } = node;
  const layoutFile = join(dir, 'layout.json');
  await writeFile(layoutFile, JSON.stringify(layout));
  const commandLine = (...words: string[]) => [
    process.execPath,
    ...process.execArgv.filter((word) => !word.startsWith('--test')),
    join(import.meta.dirname, 'run-pod-command.ts'),
    layoutFile,
    ...words,
  ];
  const start = (...words: string[]) => {
    const [program = '', ...args] = commandLine(...words);
    return spawn(program, args, { stdio: 'pipe' });
  };
  const quiet = { write: () => true };
  return {
    dir,
    layout,
    commandLine,
    start,
    up: async (manifests) => {
      const file = join(dir, 'pods.yaml');
      await writeFile(file, manifests);
      await up(layout, [file], { timeout: 120, try: false, validate: 'strict' }, quiet);
    },
    run: async (words, input = '') => {
      const child = start(...words);
      child.stdin.end(input);
      const exited = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
      const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
      return { stdout, stderr, exitCode };
    },
    [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
  };
}
