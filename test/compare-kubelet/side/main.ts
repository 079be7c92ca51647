// The program of a side: runs on a machine of its own, writes what it saw to a file.
import { writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { cases } from '../cases/all.ts';
import { caseName, type ManifestCase } from '../manifest-case.ts';
import type { Json } from '../normalise.ts';
import { nodeFacts } from '../observe/node.ts';
import { type SideName, startSide } from './node.ts';
import { answers } from './requests.ts';
import { type Observations, runStage } from './stage.ts';

/** The program's only argument, as JSON. */
export interface SideWork {
  side: SideName;
  /** Whole names of cases. */
  cases: readonly string[];
  /** Whether requests are made, and the node is looked at. */
  requests: boolean;
  /** The file to write. */
  out: string;
}

export interface SideResult {
  observations: Observations;
  answers: Record<string, Json>;
  /** The end of the kubelet's log. */
  log: string;
  /** What kept the side from going on; it saw nothing after that. */
  failure?: string;
}

/** As many pods at once as containerd on two slow processors ends before their grace periods are over. */
const mostAtOnce = 30;

const { side, cases: wanted, requests, out } = JSON.parse(process.argv[2] ?? '') as SideWork;
const selected = cases.filter((each) => wanted.includes(caseName(each)));
const node = await startSide(side);
const result: SideResult = { observations: {}, answers: {}, log: '' };
try {
  await observeAll();
} catch (error) {
  result.failure = inspect(error);
}
result.log = node.log().slice(-400_000);
writeFileSync(out, JSON.stringify(result));
try {
  await node[Symbol.asyncDispose]();
} catch (error) {
  console.log(inspect(error, { depth: 6 }));
  process.exitCode = 1;
}

async function observeAll(): Promise<void> {
  const together = selected.filter(({ alone }) => !alone);
  const apart = Map.groupBy(
    selected.filter(({ alone }) => alone),
    ({ alone }) => alone,
  );
  const stages = [...inBatches(together), ...apart.values()];
  for (const [index, stage] of stages.entries()) {
    await runStage(node, stage, result.observations, async () => {
      if (!requests || index > 0) return;
      result.answers = await answers(node);
      result.observations['node: facts'] = { node: nodeFacts() };
    });
  }
}

function inBatches(all: readonly ManifestCase[]): ManifestCase[][] {
  const count = Math.ceil(all.length / mostAtOnce);
  const size = Math.ceil(all.length / Math.max(1, count));
  return Array.from({ length: count }, (_, index) => all.slice(index * size, (index + 1) * size));
}
