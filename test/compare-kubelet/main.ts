// `npm run compare:kubelet`: the real kubelet on containerd 2.4 and ours get the same manifests and requests, and what
// becomes of them is compared field by field. Exits 1 when something differs that differences.ts does not list, when
// something that it lists differs no more, and when a side leaves something behind.
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { type OwnMachine, startOnOwnMachine } from '@berth/test-support/own-machine/own-machine.ts';
import { buildPeer } from '@berth/test-support/peers.ts';
import { select } from '../parity/select.ts';
import { cases } from './cases/all.ts';
import { serverCases } from './cases/server.ts';
import { compareCase } from './comparison.ts';
import { differences } from './differences.ts';
import { caseName } from './manifest-case.ts';
import type { Json } from './normalise.ts';
import { type Report, report } from './report.ts';
import type { SideResult, SideWork } from './side/main.ts';
import type { SideName } from './side/node.ts';

const usage = `npm run compare:kubelet -- [OPTION…]
  --only WORD       only cases with this in their name; may be repeated. Requests are made too when WORD is "request"
  --sample N        only N cases, spread evenly over all; the same ones every time
  --ours-on NAME    berthd, containerd, or both: which runtime ours is on (berthd)
  --one-by-one      one side after the other, where there are few processors
  --list            print the names of the cases, and run nothing
  --no-requests     compare no answers of the servers
  --again           what differs runs once more, and has not failed if it is alike then
  --show            print listed differences too
  --keep DIR        write what each side saw to DIR, as JSON, and what it waits for
`;

const { values: options } = parseArgs({
  allowNegative: true,
  options: {
    requests: { type: 'boolean', default: true },
    only: { type: 'string', multiple: true, default: [] },
    sample: { type: 'string' },
    'ours-on': { type: 'string', default: 'berthd' },
    'one-by-one': { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
    show: { type: 'boolean', default: false },
    keep: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const columns: Readonly<Record<string, SideName[]>> = {
  berthd: ['ours'],
  containerd: ['ours-on-containerd'],
  both: ['ours', 'ours-on-containerd'],
};

async function main(): Promise<number> {
  const sides = columns[options['ours-on']];
  const sample = options.sample === undefined ? undefined : Number(options.sample);
  if (sides === undefined || (sample !== undefined && !(Number.isInteger(sample) && sample > 0))) {
    process.stderr.write(usage);
    return 2;
  }
  const named = cases.map(({ group, name }) => ({ area: group, name }));
  const isWhole = options.only.length === 0 && sample === undefined && options.requests;
  const requests = options.requests && (options.only.length === 0 || options.only.includes('request'));
  const chosen = select(named, { words: options.only, sample });
  // Requests are about its pod.
  const selected = [...new Set([...(requests ? serverCases.map(caseName) : []), ...chosen])];
  if (options.list) {
    for (const name of selected) console.log(name);
    return 0;
  }
  moveHugetlbToV1();
  if (options.keep !== undefined) mkdirSync(options.keep, { recursive: true });
  for (const peer of ['kubelet', 'containerd', 'containerd-shim-runc-v2', 'ctr'] as const)
    await buildPeer(peer);
  const first = await round(sides, { cases: selected, requests }, isWhole);
  const late = first.differing;
  if (!options.again || late.size === 0) return late.size + first.others === 0 ? 0 : 1;
  console.log(`Once more: ${[...late].join('; ')}`);
  const ofServer = new Set(serverCases.map(caseName));
  const work = {
    // Requests are about the pod of the first.
    cases: selected.filter((name) => late.has(name) || ofServer.has(name)),
    requests: [...late].some((name) => /^(request|node): /.test(name)),
  };
  const second = await round(sides, work, false);
  return first.others + second.others + late.intersection(second.differing).size === 0 ? 0 : 1;
}

interface Round {
  /** The cases and requests of which a field differs that is not listed. */
  differing: ReadonlySet<string>;
  /** Other failures: sides that did not end well, and entries that differ no more. */
  others: number;
}

/** Runs all sides, and prints how they compare. */
async function round(
  sides: readonly SideName[],
  work: Pick<SideWork, 'cases' | 'requests'>,
  isWhole: boolean,
): Promise<Round> {
  const scratch = mkdtempSync(join(tmpdir(), 'compare-kubelet-'));
  const runDir = mkdtempSync('/run/berth-compare-');
  try {
    const run = (side: SideName) => runSide({ side, ...work, out: join(scratch, `${side}.json`) }, runDir);
    const [real, ...ours] = await inTurnOrAtOnce(['real', ...sides], run);
    const differing = new Set<string>();
    let others = 0;
    for (const [index, side] of sides.entries()) {
      if (real?.result === undefined || ours[index]?.result === undefined) continue;
      const compared = compare(side, real.result, ours[index].result, isWhole);
      for (const name of compared.differing) differing.add(name);
      others += compared.unused;
    }
    const broken = [real, ...ours].filter((each) => each?.problem !== undefined);
    for (const each of broken) console.log(each?.problem);
    return { differing, others: others + broken.length };
  } finally {
    rmSync(runDir, { recursive: true, force: true });
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface SideRun {
  result?: SideResult;
  problem?: string;
}

async function inTurnOrAtOnce(
  sides: readonly SideName[],
  run: (side: SideName) => Promise<SideRun>,
): Promise<SideRun[]> {
  if (!options['one-by-one']) return await Promise.all(sides.map(run));
  const runs: SideRun[] = [];
  for (const side of sides) runs.push(await run(side));
  return runs;
}

const machines = new Set<OwnMachine>();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    for (const machine of machines) machine.kill();
  });

async function runSide(work: SideWork, runDir: string): Promise<SideRun> {
  const begin = performance.now();
  const program = join(import.meta.dirname, 'side/main.ts');
  const machine = startOnOwnMachine({
    name: `cmp-${work.side}`,
    runDir,
    args: [program, JSON.stringify(work)],
  });
  machines.add(machine);
  if (options.keep !== undefined)
    machine.output.on('data', (chunk) => appendFileSync(join(options.keep ?? '', `${work.side}.txt`), chunk));
  const [chunks, code] = await Promise.all([machine.output.toArray(), machine.ended]);
  machines.delete(machine);
  const seconds = ((performance.now() - begin) / 1000).toFixed(0);
  console.log(
    `${work.side}: ${work.cases.length} cases in ${seconds} s, processor ${machine.processorSeconds.toFixed(0)} s`,
  );
  const output = Buffer.concat(chunks).toString().trim();
  const result = readResult(work.out);
  if (options.keep !== undefined && result !== undefined)
    writeFileSync(join(options.keep, `${work.side}.json`), JSON.stringify(result, undefined, 1));
  if (result?.failure !== undefined) {
    const log = result.log.split('\n').slice(-30).join('\n');
    return { result, problem: `BROKEN: ${work.side}: ${result.failure}\n${log}` };
  }
  return {
    ...(result && { result }),
    ...(code !== 0 && { problem: `BROKEN: ${work.side} ended with ${code}:\n${output}` }),
  };
}

function readResult(path: string): SideResult | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Prints how a column compares with the real one. */
function compare(side: SideName, real: SideResult, ours: SideResult, whole: boolean): Report {
  const [theirs, own] = [real, ours].map(
    (each): Record<string, Json> => ({ ...each.observations, ...each.answers }),
  ) as [Record<string, Json>, Record<string, Json>];
  const names = [...new Set([...Object.keys(theirs), ...Object.keys(own)])];
  const differing = names.flatMap((name) => compareCase(name, theirs[name], own[name]));
  const listed = differences.filter(({ column = side }) => column === side);
  const told = report(names, differing, listed, { whole, show: options.show });
  for (const line of told.lines) console.log(line);
  console.log(`${side} and real: ${names.length} compared, ${told.failures} failures`);
  return told;
}

if (options.help) process.stdout.write(usage);
else process.exitCode = await main();
