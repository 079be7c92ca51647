// `npm run compare:cluster`: the real kubelet and ours, each on a berthd, are two nodes of one cluster, the same happens to
// their pods, and what the API server was told is compared field by field. Exits 1 when something differs that
// differences.ts does not list, and when something that it lists differs no more.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { clusterPeers } from '@berth/test-support/cluster/cluster-peers.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { startOnOwnMachine } from '@berth/test-support/own-machine/own-machine.ts';
import { buildPeers } from '@berth/test-support/peers.ts';
import { cases } from '../compare-kubelet/cases/all.ts';
import { compareFields } from '../compare-kubelet/comparison.ts';
import { caseName } from '../compare-kubelet/manifest-case.ts';
import { report } from '../compare-kubelet/report.ts';
import { select } from '../parity/select.ts';
import { differences } from './differences.ts';
import { clusterLives } from './lives.ts';
import type { MachineWork, Seen } from './machine.ts';
import { isForClusters } from './manifest-lives.ts';
import { withProbesApart } from './probe-events.ts';

const usage = `npm run compare:cluster -- [OPTION…]
  --only WORD   only lives with this in their name; may be repeated. Nodes are looked at too when WORD is "node"
  --sample N    only N lives, spread evenly over all; the same ones every time
  --list        print the names of the lives, and run nothing
  --show        print listed differences too
  --keep FILE   write what was seen to FILE, as JSON
  --from FILE   compare what an earlier run has kept
`;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    sample: { type: 'string' },
    list: { type: 'boolean', default: false },
    show: { type: 'boolean', default: false },
    keep: { type: 'string' },
    from: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  const names = [...clusterLives.map(({ name }) => name), ...cases.filter(isForClusters).map(caseName)];
  const named = names.map((whole) => {
    const [area = '', ...name] = whole.split(': ');
    return { area, name: name.join(': ') };
  });
  const sample = options.sample === undefined ? undefined : Number(options.sample);
  if (sample !== undefined && !(Number.isInteger(sample) && sample > 0)) {
    process.stderr.write(usage);
    return 2;
  }
  const lives = [...select(named, { words: options.only, sample })];
  const facts = options.only.length === 0 || options.only.includes('node');
  if (options.list) {
    for (const name of lives) console.log(name);
    return 0;
  }
  const isWhole = options.only.length === 0 && sample === undefined;
  const { seen, code } = options.from === undefined ? await look({ lives, facts }) : kept(options.from);
  return compare(seen, isWhole) + code > 0 ? 1 : 0;
}

function kept(path: string): { seen: Seen; code: number } {
  return { seen: JSON.parse(readFileSync(path, 'utf8')), code: 0 };
}

async function look(work: Omit<MachineWork, 'out'>): Promise<{ seen: Seen; code: number }> {
  moveHugetlbToV1();
  // The machine has no network to get modules from.
  await buildPeers(clusterPeers);
  const scratch = mkdtempSync(join(tmpdir(), 'compare-cluster-'));
  const runDir = mkdtempSync('/run/berth-compare-');
  try {
    const out = options.keep ?? join(scratch, 'seen.json');
    const args = [join(import.meta.dirname, 'machine.ts'), JSON.stringify({ ...work, out })];
    const machine = startOnOwnMachine({ name: 'cmp-cluster', runDir, args });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => machine.kill());
    machine.output.pipe(process.stdout);
    const code = await machine.ended;
    if (code !== 0) console.log(`BROKEN: the machine ended with ${code}`);
    return { ...kept(out), code };
  } finally {
    rmSync(runDir, { recursive: true, force: true });
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Prints how ours compares with the real one; the number of failures. */
function compare(seen: Seen, whole: boolean): number {
  const [real, ours] = [withProbesApart(seen.real), withProbesApart(seen.ours)];
  const names = [...new Set([...Object.keys(real), ...Object.keys(ours)])];
  const differing = names.flatMap((name) => compareFields(name, real[name], ours[name]));
  const { lines, failures } = report(names, differing, differences, { whole, show: options.show });
  for (const line of lines) console.log(line);
  console.log(`ours and real in one cluster: ${names.length} compared, ${failures} failures`);
  return failures;
}

if (options.help) process.stdout.write(usage);
else process.exitCode = await main();
