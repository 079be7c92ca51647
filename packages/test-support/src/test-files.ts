// Test files run to their ends, each on a machine of its own (own-machine.ts) or on this one, with the sum of their
// reports, and what they have left on this machine.
import { mkdtempSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { testCgroupDriver } from './cgroup-driver.ts';
import { traces } from './node-traces.ts';
import { type OwnMachine, startOnOwnMachine } from './own-machine/own-machine.ts';
import { type FileRun, finished, printTotal, startHere, testArgs } from './test-file.ts';

export interface TestFilesOptions {
  /** In the order in which they start. */
  files: readonly string[];
  /** How many machines there are at once. */
  atOnce: number;
  /** How many times the processor time of others a file gets, when that is short. */
  weight?: (file: string) => number;
  /** The files that run on this machine, one after another, when the others have ended. */
  isHere?: (file: string) => boolean;
  /** Without machines of their own: all files run here, or none does. */
  otherwise: 'run here' | 'fail';
  /** A file that fails runs once more, with nothing beside it; one that passes then is told of, and has not failed. */
  again?: boolean;
}

/** Runs the files and prints their reports as they end. Resolves with the exit code. */
export async function runTestFiles(options: TestFilesOptions): Promise<number> {
  using machines = new TestMachines();
  return await runOn(machines, options);
}

async function runOn(machines: TestMachines, options: TestFilesOptions): Promise<number> {
  const { files, atOnce, weight = () => 1, isHere = () => false, otherwise, again = false } = options;
  const begin = performance.now();
  const problem = await machines.problem();
  if (problem !== undefined && otherwise === 'fail') {
    console.error(`✖ These tests need machines of their own, and ${problem}`);
    return 1;
  }
  if (problem !== undefined) console.log(`One file after another, on this machine: ${problem}`);
  let runs: FileRun[] = [];
  const work = async (
    waiting: Iterator<string>,
    start: (file: string) => Parameters<typeof finished>[1],
  ): Promise<void> => {
    for (let next = waiting.next(); next.done !== true && !machines.isInterrupted; next = waiting.next())
      runs.push(await finished(next.value, start(next.value)));
  };
  const staysHere = (file: string) => problem !== undefined || isHere(file);
  const waiting = files.filter((file) => !staysHere(file)).values();
  const startThere = (file: string) => machines.start(testArgs(file), weight(file));
  await Promise.all(Array.from({ length: atOnce }, () => work(waiting, startThere)));
  await work(files.filter(staysHere).values(), startHere);
  if (again && !machines.isInterrupted)
    runs = await repeated(runs, (file) => (staysHere(file) ? startHere(file) : startThere(file)));
  const hasPassed = printTotal(runs, performance.now() - begin);
  const left = machines.left();
  if (left.length > 0) console.log(`✖ left on this machine:\n${left.join('\n')}`);
  return machines.isInterrupted || !hasPassed || left.length > 0 ? 1 : 0;
}

/** Runs those that failed once more, one after another. */
async function repeated(
  runs: readonly FileRun[],
  start: (file: string) => Parameters<typeof finished>[1],
): Promise<FileRun[]> {
  const last: FileRun[] = [];
  for (const run of runs) {
    if (run.hasPassed) last.push(run);
    else {
      const second = await finished(run.file, start(run.file));
      if (second.hasPassed) console.log(`Failed once, and passed alone: ${run.file}\n${run.failures}\n`);
      last.push(second);
    }
  }
  return last;
}

/** The machines of a run; a signal that ends the run ends them. */
class TestMachines implements Disposable {
  /** Its name is in the paths, cgroups and command lines of all machines. */
  readonly #runDir = mkdtempSync('/run/berth-tests-');
  readonly #running = new Set<OwnMachine>();
  #started = 0;
  isInterrupted = false;

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        this.isInterrupted = true;
        for (const machine of this.#running) machine.kill();
      });
    }
  }

  start(args: string[], weight = 1): OwnMachine {
    const name = `${basename(this.#runDir)}-${this.#started++}`;
    const machine = startOnOwnMachine({ name, runDir: this.#runDir, args, weight });
    this.#running.add(machine);
    machine.ended.finally(() => this.#running.delete(machine)).catch(() => {});
    return machine;
  }

  /** Why there are no machines of a test's own here; undefined when there are. */
  async problem(): Promise<string | undefined> {
    if (testCgroupDriver === 'systemd') return 'systemd makes cgroups for the whole of it';
    try {
      const machine = this.start(['--eval', '']);
      const [output, code] = await Promise.all([machine.output.toArray(), machine.ended]);
      return code === 0 ? undefined : `none of a test's own can be made: ${output.join('').trim()}`;
    } catch (error) {
      return `none of a test's own can be made: ${String(error)}`;
    }
  }

  /** What is there of them when they have ended. */
  left(): string[] {
    return [...traces(this.#runDir, '')];
  }

  [Symbol.dispose](): void {
    rmSync(this.#runDir, { recursive: true });
  }
}
