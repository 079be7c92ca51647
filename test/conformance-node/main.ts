// `npm run conformance:node`: Kubernetes' own suite for nodes (test/e2e_node of its Go module) against our kubelet on
// berthd, on a machine of its own. Prints what did not pass and why; exits 1 when something fails beyond
// known-failures.ts, or is left on the machine.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { startOnOwnMachine } from '@berth/test-support/own-machine/own-machine.ts';
import { runScratch } from '@berth/test-support/run-scratch.ts';
import { checkout } from '@berth/test-support/scratch.ts';
import { judge, parseReport } from '../conformance/report.ts';
import { knownFailures } from './known-failures.ts';
import { removeLeftovers, runName } from './leftovers.ts';
import { prepare } from './prepare.ts';
import type { SuiteWork } from './work.ts';

const usage = `npm run conformance:node -- [OPTION…]
  --runtime crun|runc      the OCI runtime of berthd (crun)
  --cri berthd|containerd  the container runtime (berthd)
  --kubelet ours|real      the kubelet (ours)
  --focus TEXT             only specs with this text in their name (may be repeated)
  --sample N               only N of the specs, others in each run
  --seed NUMBER            the sample and the order of an earlier run
  --nodes N                specs at once (2)
  --fail-fast              stop at the first failure
  --again                  a spec that fails runs once more; one that passes then is told of, and has not failed
  --list                   print the names of the specs, and run nothing
`;

const { values: options } = parseArgs({
  options: {
    runtime: { type: 'string', default: 'crun' },
    cri: { type: 'string', default: 'berthd' },
    kubelet: { type: 'string', default: 'ours' },
    focus: { type: 'string', multiple: true, default: [] },
    sample: { type: 'string' },
    seed: { type: 'string' },
    nodes: { type: 'string', default: '2' },
    'fail-fast': { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function oneOf<Value extends string>(name: string, value: string, allowed: readonly Value[]): Value {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw new Error(`--${name} must be ${allowed.join(' or ')}, not ${value}`);
  return found;
}

function count(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`--${name} must be a number above 0, not ${value}`);
  return number;
}

async function main(): Promise<number> {
  const kubelet = oneOf('kubelet', options.kubelet, ['ours', 'real']);
  const cri = oneOf('cri', options.cri, ['berthd', 'containerd']);
  const runtime = cri === 'containerd' ? 'runc' : oneOf('runtime', options.runtime, ['crun', 'runc']);
  const reportDir = join(checkout, 'reports/conformance-node');
  // Not on tmpfs: the suite and the kubelet look at the file system below the images.
  using scratch = runScratch(`/var/tmp/${runName}-`);
  const layout = join(scratch.path, 'images');
  const work: SuiteWork = {
    kubelet,
    cri,
    runtime,
    focus: options.focus,
    sample: options.sample === undefined ? undefined : count('sample', options.sample),
    seed: options.seed === undefined ? 1 + (Date.now() % 1_000_000) : count('seed', options.seed),
    nodes: count('nodes', options.nodes),
    failFast: options['fail-fast'],
    again: options.again,
    list: options.list,
    dir: scratch.path,
    layout,
    reportDir,
  };
  await removeLeftovers();
  moveHugetlbToV1();
  await prepare(kubelet, layout);
  rmSync(reportDir, { recursive: true, force: true });
  mkdirSync(reportDir, { recursive: true });
  return await run(work);
}

async function run(work: SuiteWork): Promise<number> {
  const { reportDir, seed } = work;
  const begin = performance.now();
  const runDir = join('/run', runName);
  mkdirSync(runDir);
  try {
    const machine = startOnOwnMachine({
      name: runName,
      runDir,
      args: [join(import.meta.dirname, 'machine.ts'), JSON.stringify(work)],
    });
    process.once('exit', () => machine.kill());
    if (!work.list)
      console.log(`${Object.values(work).slice(0, 3).join(', ')}, seed ${seed}; logs: ${reportDir}`);
    machine.output.on('data', (chunk) => {
      if (work.list) process.stdout.write(chunk);
      else appendFileSync(join(reportDir, 'machine.txt'), chunk);
    });
    const code = await machine.ended;
    if (work.list) return code;
    if (existsSync(join(reportDir, 'report.json'))) {
      const failures = conclude(reportDir, (performance.now() - begin) / 1000);
      if (failures > 0 || code === 0) return failures === 0 ? 0 : 1;
    }
    console.log(readFileSync(join(reportDir, 'machine.txt'), 'utf8').split('\n').slice(-40).join('\n'));
    return 1;
  } finally {
    rmSync(runDir, { recursive: true, force: true });
  }
}

/** Prints what the suite's report says; the number of failures. */
function conclude(reportDir: string, seconds: number): number {
  const file = join(reportDir, 'report.json');
  const report = parseReport(readFileSync(file), file);
  const selected = report.specs.filter(({ outcome, reason }) => outcome !== 'skipped' || reason !== '');
  const { lines, unexpected } = judge({ ...report, specs: selected }, knownFailures);
  const [summary = '', ...details] = lines;
  console.log(`${summary} (${seconds.toFixed(0)} s, seed ${report.seed})`);
  for (const line of details) console.log(line);
  const passed = selected
    .filter(({ outcome }) => outcome === 'passed')
    .map(({ name }) => `  passed: ${name}`);
  appendFileSync(join(reportDir, 'summary.txt'), [summary, ...details, ...passed, ''].join('\n'));
  return unexpected;
}

if (options.help) process.stdout.write(usage);
else process.exitCode = await main();
