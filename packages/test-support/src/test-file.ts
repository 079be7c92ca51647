// One test file run to its end with its report printed at once, and the total of several.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { patience } from './machine-speed.ts';
import { checkout } from './scratch.ts';
import { type Counts, parseSpecReport, summaryOf } from './spec-report.ts';

/** A file that runs, on a machine of its own or not. */
export interface RunningFile {
  /** Everything that it prints, on either output. */
  output: Readable;
  /** Resolves with its exit code. */
  ended: Promise<number>;
  /** The processor time that it has taken, in seconds, where that is known. */
  readonly processorSeconds?: number;
  kill(): void;
}

export interface FileRun {
  file: string;
  hasPassed: boolean;
  counts: Counts;
  /** What is to be told again at the end; empty when all is well. */
  failures: string;
}

const testTimeoutMs = patience(600_000);
// A file that hangs is to be told while CI still has time for the others.
const fileTimeoutMs = patience(1_800_000);

/** The arguments with which Node.js runs the file, in the checkout. */
export function testArgs(file: string): string[] {
  // A file run by itself saves a process over `node --test`.
  return ['--test-reporter=spec', `--test-timeout=${testTimeoutMs}`, file];
}

/** Runs the file on this machine. */
export function startHere(file: string): RunningFile {
  const child = spawn(process.execPath, testArgs(file), { cwd: checkout, stdio: ['ignore', 'pipe', 'pipe'] });
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
export async function finished(file: string, running: RunningFile): Promise<FileRun> {
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
  const { processorSeconds: processor } = running;
  const times = `${seconds} s${processor === undefined ? '' : `, processor ${processor.toFixed(1)} s`}`;
  const report = parseSpecReport(output);
  const { body = output, counts = new Map([['fail', 1]]), failures = '' } = report ?? {};
  // Node.js ends with 0 where an `after` outside of all tests has failed, and only its report says so.
  const hasPassed = code === 0 && failures === '';
  console.log(`${hasPassed ? '▶' : '✖'} ${file} (${times})\n${body.trimEnd()}\n`);
  if (hasPassed) return { file, hasPassed, counts, failures };
  const why = isLate ? `ended after ${fileTimeoutMs / 60_000} minutes` : `ended with ${code}, see above`;
  return { file, hasPassed, counts, failures: failures || why };
}

/** Prints the sums and again what failed; whether nothing did. */
export function printTotal(runs: readonly FileRun[], durationMs: number): boolean {
  console.log(
    summaryOf(
      runs.map(({ counts }) => counts),
      durationMs,
    ),
  );
  const failed = runs.filter(({ hasPassed }) => !hasPassed);
  if (failed.length > 0) console.log('\n✖ failing tests:');
  for (const { file, failures } of failed) console.log(`\n${file}\n${failures}`);
  return failed.length === 0;
}
