// The system half of `npm test`: every NAME.system.test.ts beside the code and every suite in test/system. Several
// files run at once, each on a machine of its own (packages/test-support/src/own-machine), those that take long first. Where the
// kernel refuses the namespaces for that they run one after another on this machine, as they do with the systemd
// driver. Arguments: words select files by name, `scripts/node scripts/system-tests.ts kill` runs the files with
// "kill" in their path; `--at-once N` says how many run at once.
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { testCgroupDriver } from '@berth/test-support/cgroup-driver.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { traces } from '@berth/test-support/node-traces.ts';
import { type OwnMachine, startOnOwnMachine } from '@berth/test-support/own-machine/own-machine.ts';
import { buildPeer } from '@berth/test-support/peers.ts';
import {
  type FileRun,
  finished,
  printTotal,
  type RunningFile,
  startHere,
  testArgs,
} from '@berth/test-support/test-file.ts';

const root = dirname(import.meta.dirname);
const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: { 'at-once': { type: 'string', default: String(availableParallelism() + 2) } },
});
const atOnce = Number(options['at-once']);

/** What takes longest, in this order; the rest follows by name. */
const longest = [
  'test/system/kill/kill.test.ts',
  'packages/crictl/src/completion/completion.shells.system.test.ts',
  'packages/berth/src/commands/up.system.test.ts',
  'packages/runtime/src/container/system-mounts.system.test.ts',
  'packages/kubelet/src/pods/worker.system.test.ts',
  'packages/kubelet/src/kubelet.system.test.ts',
  'packages/kubelet/src/volumes/sub-path.system.test.ts',
  'test/system/soak.test.ts',
];

/** The files whose subject is the systemd of this machine. */
const ofThisMachine = /^packages\/linux\/src\/systemd\//;

const rank = (file: string) => (longest.includes(file) ? longest.indexOf(file) : longest.length);
const files = globSync(['packages/*/src/**/*.system.test.ts', 'test/system/**/*.test.ts'], { cwd: root })
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort()
  .sort((one, other) => rank(one) - rank(other));

if (process.getuid?.() !== 0) {
  console.error('The system tests make namespaces, mounts and cgroups: run them as root.');
  process.exit(1);
}

/** Its name is in the paths, cgroups and command lines of all machines. */
const runDir = mkdtempSync('/run/berth-tests-');
const machines = new Set<OwnMachine>();
let started = 0;
let isInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    isInterrupted = true;
    for (const machine of machines) machine.kill();
  });
}

try {
  process.exitCode = await main();
} finally {
  rmSync(runDir, { recursive: true });
}

async function main(): Promise<number> {
  const begin = performance.now();
  // A machine of a test's own cannot make a hierarchy of cgroups, and has no network to get modules from.
  moveHugetlbToV1();
  if (files.some(drivesRealCrictl)) await buildPeer('crictl');
  if (files.some((file) => file.includes('/static-pod-uids/'))) await buildPeer('static-pod-uid');
  const problem = await machineProblem();
  if (problem !== undefined) console.log(`One file after another, on this machine: ${problem}`);
  const isHere = (file: string) => problem !== undefined || ofThisMachine.test(file);
  const runs: FileRun[] = [];
  const work = async (waiting: Iterator<string>, start: (file: string) => RunningFile) => {
    for (let next = waiting.next(); next.done !== true && !isInterrupted; next = waiting.next())
      runs.push(await finished(next.value, start(next.value)));
  };
  const waiting = files.filter((file) => !isHere(file)).values();
  await Promise.all(Array.from({ length: atOnce }, () => work(waiting, startThere)));
  await work(files.filter(isHere).values(), startHere);
  const hasPassed = printTotal(runs, performance.now() - begin);
  const left = [...traces(runDir, '')];
  if (left.length > 0) console.log(`✖ left on this machine:\n${left.join('\n')}`);
  return isInterrupted || !hasPassed || left.length > 0 ? 1 : 0;
}

function startThere(file: string): OwnMachine {
  // The one that all wait for at the end must not wait for the others.
  return startMachine(testArgs(file), file === longest[0] ? 2 : 1);
}

function startMachine(args: string[], weight = 1): OwnMachine {
  const machine = startOnOwnMachine({ name: `${basename(runDir)}-${started++}`, runDir, args, weight });
  machines.add(machine);
  machine.ended.finally(() => machines.delete(machine)).catch(() => {});
  return machine;
}

/** Why there are no machines of a test's own here; undefined when there are. */
async function machineProblem(): Promise<string | undefined> {
  if (testCgroupDriver === 'systemd') return 'systemd makes cgroups for the whole of it';
  try {
    const machine = startMachine(['--eval', '']);
    const [output, code] = await Promise.all([machine.output.toArray(), machine.ended]);
    return code === 0 ? undefined : `none of a test's own can be made: ${output.join('').trim()}`;
  } catch (error) {
    return `none of a test's own can be made: ${String(error)}`;
  }
}

function drivesRealCrictl(file: string): boolean {
  return /support\/(real-crictl|peers)\.ts'/.test(readFileSync(join(root, file), 'utf8'));
}
