// Pods up and down on several runtimes, which take turns so that noise meets each of them.
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { containerConfig, podDown, podUp, type RunningPod, sandboxConfig } from '@berth/test-support/pods.ts';
import { median, proportionalMiB, residentMiB, timed } from './measure.ts';
import type { Peer } from './peers.ts';

/** The calls of a pod's life, in their order. */
const calls = [
  'RunPodSandbox',
  'CreateContainer',
  'StartContainer',
  'ExecSync true',
  'StopContainer(0)',
  'StopPodSandbox',
  'RemovePodSandbox',
] as const;

/** Medians in milliseconds, and memory in MiB; the same names for each runtime. */
export type PodNumbers = Map<string, number>;

/** One pod after another, then `atOnce` together, thrice; lists and memory while the last of those are up. */
export async function benchPods(
  peers: readonly Peer[],
  { repetitions, atOnce }: { repetitions: number; atOnce: number },
): Promise<PodNumbers[]> {
  const all = peers.map((peer) => ({ peer, samples: new Samples(), numbers: new Map<string, number>() }));
  // The first two rounds warm caches and compilers.
  for (let round = -2; round < repetitions; round++) {
    for (const { peer, samples } of all) {
      const times = await onePod(peer, `seq${round + 2}`);
      if (round >= 0) for (const [what, ms] of times) samples.add(what, ms);
    }
  }
  for (let round = 0; round < 3; round++) {
    for (const { peer, samples, numbers } of all) {
      const names = Array.from({ length: atOnce }, (_, index) => `par${round}-${index}`);
      const { client, logDir } = peer;
      const pods: RunningPod[] = [];
      const up = async (name: string) => pods.push(await podUp({ client, name, logDir }));
      samples.add(`${atOnce} pods up at once`, await timed(() => Promise.all(names.map(up))));
      if (round === 2) await measureFullNode(peer, { atOnce, samples, numbers });
      samples.add(
        `${atOnce} pods down at once`,
        await timed(() => Promise.all(pods.map((pod) => podDown(client, pod)))),
      );
    }
  }
  return all.map(({ samples, numbers }) => new Map([...samples.medians(), ...numbers]));
}

class Samples {
  readonly #values = new Map<string, number[]>();

  add(what: string, ms: number): void {
    const values = this.#values.get(what);
    if (values === undefined) this.#values.set(what, [ms]);
    else values.push(ms);
  }

  medians(): [what: string, ms: number][] {
    return [...this.#values].map(([what, values]) => [what, median(values)]);
  }
}

async function onePod({ client, logDir }: Peer, name: string): Promise<[what: string, ms: number][]> {
  const { runtime } = client;
  const config = sandboxConfig({ name, logDir });
  mkdirSync(`${config.logDirectory}/main`, { recursive: true });
  let podSandboxId = '';
  let containerId = '';
  const steps: Record<(typeof calls)[number], () => Promise<unknown>> = {
    RunPodSandbox: async () => {
      ({ podSandboxId } = await runtime.runPodSandbox({ config }));
    },
    CreateContainer: async () => {
      const main = containerConfig(['/bin/sleep', '3600']);
      ({ containerId } = await runtime.createContainer({
        podSandboxId,
        config: main,
        sandboxConfig: config,
      }));
    },
    StartContainer: () => runtime.startContainer({ containerId }),
    'ExecSync true': () => runtime.execSync({ containerId, cmd: ['/bin/true'], timeout: 10n }),
    'StopContainer(0)': () => runtime.stopContainer({ containerId, timeout: 0n }),
    StopPodSandbox: () => runtime.stopPodSandbox({ podSandboxId }),
    RemovePodSandbox: () => runtime.removePodSandbox({ podSandboxId }),
  };
  const times = new Map<string, number>();
  for (const what of calls) times.set(what, await timed(steps[what]));
  const sum = (...names: (typeof calls)[number][]) =>
    names.reduce((total, what) => total + (times.get(what) ?? 0), 0);
  return [
    ['pod up', sum('RunPodSandbox', 'CreateContainer', 'StartContainer')],
    ['pod down', sum('StopContainer(0)', 'StopPodSandbox', 'RemovePodSandbox')],
    ...times,
  ];
}

async function measureFullNode(
  { client, pid, isHelper }: Peer,
  { atOnce, samples, numbers }: { atOnce: number; samples: Samples; numbers: PodNumbers },
): Promise<void> {
  numbers.set('memory per pod', proportionalMiB(isHelper) / atOnce);
  numbers.set(`daemon with ${atOnce} pods`, residentMiB(pid));
  for (let round = -2; round < 20; round++) {
    const list = await timed(() => client.runtime.listContainers({}));
    const stats = await timed(() => client.runtime.listContainerStats({ filter: {} }));
    const status = await timed(() => client.runtime.version({ version: randomUUID() }));
    if (round < 0) continue;
    samples.add(`ListContainers, ${atOnce} pods`, list);
    samples.add(`ListContainerStats, ${atOnce} pods`, stats);
    samples.add('Version', status);
  }
}
