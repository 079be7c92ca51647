// One test file run to its end with its report printed at once, and the total of several.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { patience } from './machine-speed.ts';
import type { OwnMachine } from './own-machine/own-machine.ts';
import { checkout } from './scratch.ts';
import { type Counts, parseSpecReport, summaryOf } from './spec-report.ts';

export interface FileRun {
  file: string;
  code: number;
  counts: Counts;
  /** What is to be told again at the end; empty when all is well. */
  failures: string;
}

const testTimeoutMs = patience(600_000);
const fileTimeoutMs = patience(1_200_000);

/** The command that runs the file; relative to the checkout. */
export function testArgv(file: string): string[] {
  // A file run by itself saves a process over `node --test`.
  return [process.execPath, '--test-reporter=spec', `--test-timeout=${testTimeoutMs}`, file];
}

/** Runs the file on this machine. */
export function startHere(file: string): OwnMachine {
  const [program = '', ...args] = testArgv(file);
  const child = spawn(program, args, { cwd: checkout, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = new PassThrough();
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });
  const ended = once(child, 'close').then(() => {
    output.end();
    return child.exitCode ?? 128;
  });
  return { output, ended, kill: () => child.kill('SIGKILL') };
}

/** Waits for the end of a file that runs, and prints its report. */
export async function finished(file: string, running: OwnMachine): Promise<FileRun> {
  const started = performance.now();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    running.kill();
  }, fileTimeoutMs);
  const [chunks, code] = await Promise.all([running.output.toArray(), running.ended]);
  clearTimeout(timer);
  const output = Buffer.concat(chunks).toString();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const report = parseSpecReport(output);
  const { body = output, counts = new Map([['fail', 1]]), failures = '' } = report ?? {};
  console.log(`${code === 0 ? '▶' : '✖'} ${file} (${seconds} s)\n${body.trimEnd()}\n`);
  if (code === 0) return { file, code, counts, failures: '' };
  const why = isLate ? `ended after ${fileTimeoutMs / 60_000} minutes` : `ended with ${code}, see above`;
  return { file, code, counts, failures: failures || why };
}

/** Prints the sums and again what failed; whether nothing did. */
export function printTotal(runs: readonly FileRun[], durationMs: number): boolean {
  console.log(
    summaryOf(
      runs.map(({ counts }) => counts),
      durationMs,
    ),
  );
  const failed = runs.filter(({ code }) => code !== 0);
  if (failed.length > 0) console.log('\n✖ failing tests:');
  for (const { file, failures } of failed) console.log(`\n${file}\n${failures}`);
  return failed.length === 0;
}
