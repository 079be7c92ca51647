// Runs the benchmark of two nodes on a machine of its own: kubelets in a cluster listen on every address, and the real one
// looks for containerd at its default place alone.
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterPeers } from '@berth/test-support/cluster/cluster-peers.ts';
import { startOnOwnMachine } from '@berth/test-support/own-machine/own-machine.ts';
import { buildPeers } from '@berth/test-support/peers.ts';
import { runScratch } from '@berth/test-support/run-scratch.ts';

/** Figures of our node and of the real one. */
export async function benchCluster(
  dir: string,
  { repetitions }: { repetitions: number },
): Promise<Map<string, number>[]> {
  // The machine has no network to get modules from.
  await buildPeers(clusterPeers);
  // The machine has another /run.
  using scratch = runScratch(join(tmpdir(), 'bench-cluster-'));
  const out = join(scratch.path, 'figures.json');
  const machine = startOnOwnMachine({
    name: 'bench-cluster',
    runDir: dir,
    args: [join(import.meta.dirname, 'machine.ts'), out, String(repetitions)],
  });
  const kill = () => machine.kill();
  process.once('exit', kill);
  machine.output.pipe(process.stdout);
  const code = await machine.ended;
  process.off('exit', kill);
  if (code !== 0) throw new Error(`the machine of the benchmark ended with ${code}`);
  const figures: [string, number][][] = JSON.parse(readFileSync(out, 'utf8'));
  return figures.map((own) => new Map(own));
}
