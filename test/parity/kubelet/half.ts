// The kubelet half: all manifests at once to the real kubelet and to ours, and what became of each. Those that want
// some of the node's processors or memory come after the others, one at a time: which of many are admitted is chance.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { patience } from '@berth/test-support/machine-speed.ts';
import { until } from '@berth/test-support/until.ts';
import { caseName, type Json, type Outcome } from '../case.ts';
import type { Half } from '../half.ts';
import type { Broken } from '../report.ts';
import { containerCases } from './container-cases.ts';
import { inArea, type ManifestCase, text, yamlPod } from './manifest-case.ts';
import { type KubeletNode, startKubeletNode, type Whose } from './nodes.ts';
import { type ListedPod, listPods, observePod } from './observe.ts';
import { podCases } from './pod-cases.ts';
import { isSettled } from './settle.ts';
import { textCases } from './text-cases.ts';

const cases: readonly ManifestCase[] = [...textCases, ...podCases, ...containerCases];

/** A pod that every kubelet runs: once it has, the others are known too. */
const [sentinel] = inArea('sentinel', [text('plain', (pod) => yamlPod(pod))]);

/** When no pod has come further for this long, none will. */
const standstillMs = 60_000;

export const kubeletHalf: Half = {
  cases,
  async compare(selected) {
    const wanted = cases.filter((each) => selected.has(caseName(each)));
    if (wanted.length === 0) return { compared: [], leftovers: [] };
    const [real, ours] = await Promise.all([outcomes('real', wanted), outcomes('ours', wanted)]);
    const compared = wanted.flatMap((each, index) => {
      const { area, name } = each;
      const [theirs, own] = [real.outcomes[index], ours.outcomes[index]];
      return theirs && own ? [{ area, name, real: theirs, ours: own }] : [];
    });
    return { compared, leftovers: [...real.leftovers, ...ours.leftovers] };
  },
};

/** A refused manifest makes no pod: after this long there will be none. */
const refusalMs = 10_000;

/** Gives the manifests to a kubelet, and waits until it has done with each what it will do. */
async function outcomes(
  whose: Whose,
  wanted: readonly ManifestCase[],
): Promise<{ outcomes: (Outcome | Broken)[]; leftovers: string[] }> {
  const free = wanted.filter((each) => !asksForResources(each));
  const all = sentinel ? [...free, sentinel] : free;
  await using node = await startKubeletNode(whose, ({ manifests, dir }) => {
    for (const each of all) write(each, manifests, dir);
  });
  const pods = await settledPods(node, all);
  const results = new Map<ManifestCase, Outcome | Broken>();
  const observe = async (each: ManifestCase, listed: ReadonlyMap<string, ListedPod>) => {
    const broken = (error: unknown): Broken => ({ broken: inspect(error) });
    results.set(each, await outcome(node, each, podsOf(each, listed)).catch(broken));
  };
  for (const each of free) await observe(each, pods);
  for (const each of wanted.filter(asksForResources)) {
    write(each, node.manifests, node.dir);
    await observe(each, await settledAlone(node, each));
    for (const file of Object.keys(each.files)) rmSync(join(node.manifests, file));
    await goneFrom(node, each);
  }
  // A kubelet that stops leaves the cgroups of its pods to the next one.
  const leftovers = (await node.end()).filter((line) => !line.startsWith('cgroup '));
  return { outcomes: wanted.flatMap((each) => results.get(each) ?? []), leftovers };
}

function asksForResources({ files }: ManifestCase): boolean {
  return Object.values(files).some((content) => typeof content === 'string' && /"resources":/.test(content));
}

function write({ files }: ManifestCase, manifests: string, dir: string): void {
  for (const [file, content] of Object.entries(files)) {
    const path = join(manifests, file);
    if (typeof content === 'function') content(path, dir);
    else {
      // The real kubelet reads a file as soon as it is there, and half of one for what it is.
      writeFileSync(join(dir, file), content);
      renameSync(join(dir, file), path);
    }
  }
}

/** The pods of the node once that of `each` has come as far as it will, or it is clear that it has none. */
async function settledAlone(node: KubeletNode, each: ManifestCase): Promise<ReadonlyMap<string, ListedPod>> {
  const [begin, deadline] = [performance.now(), performance.now() + patience(standstillMs)];
  return await until(
    `${caseName(each)} is done with`,
    async () => {
      const listed = await listPods(node);
      const log = node.kubelet.output();
      const own = podsOf(each, listed);
      const isRefused = Object.keys(each.files).some((file) =>
        log.split('\n').some((line) => line.startsWith('E') && line.includes(`/${file}`)),
      );
      const isDone = own.length > 0 && own.every(([, pod]) => isSettled(pod, each.end, log));
      const hasNone = own.length === 0 && (isRefused || performance.now() - begin > patience(refusalMs));
      return (isDone || hasNone || performance.now() > deadline) && listed;
    },
    () => node.kubelet.output(),
    Infinity,
  );
}

/** Waits until the kubelet has forgotten the pods of a manifest that was removed, and what they had is free. */
async function goneFrom(node: KubeletNode, each: ManifestCase): Promise<void> {
  await until(
    `the pods of ${caseName(each)} are gone`,
    async () => podsOf(each, await listPods(node)).length === 0,
    () => node.kubelet.output(),
    standstillMs,
  );
}

function podsOf({ pod }: ManifestCase, listed: ReadonlyMap<string, ListedPod>): [string, ListedPod][] {
  return [...listed].filter(([name]) => {
    const [, podName = ''] = name.split('/');
    return podName === pod || podName.startsWith(`${pod}-`);
  });
}

/** The pods of the node once each has come as far as it will, or none comes any further. */
async function settledPods(
  node: KubeletNode,
  all: readonly ManifestCase[],
): Promise<ReadonlyMap<string, ListedPod>> {
  let before = '';
  let deadline = 0;
  return await until(
    'all manifests are done with',
    async () => {
      const listed = await listPods(node);
      const log = node.kubelet.output();
      const unsettled = all.filter((each) => {
        const own = podsOf(each, listed);
        if (each === sentinel && own.length === 0) return true;
        return own.some(([, pod]) => !isSettled(pod, each.end, log));
      });
      const now = JSON.stringify(unsettled.map((each) => [each.pod, podsOf(each, listed)]));
      if (now !== before) deadline = performance.now() + patience(standstillMs);
      before = now;
      return (unsettled.length === 0 || performance.now() > deadline) && listed;
    },
    () => node.kubelet.output(),
    Infinity,
  );
}

async function outcome(
  node: KubeletNode,
  { files }: ManifestCase,
  pods: [string, ListedPod][],
): Promise<Outcome> {
  const ran: Record<string, Json> = {};
  for (const [name, pod] of pods) {
    const observed = await observePod(node, pod);
    if (observed !== 'not run') ran[name] = observed;
  }
  const words = [...Object.keys(files), ...pods.map(([, { metadata }]) => metadata.name)];
  const lines = node.kubelet
    .output()
    .split('\n')
    .filter((line) => words.some((word) => line.includes(word)) && /^[EW]/.test(line));
  const said = [...pods.flatMap(([, { status }]) => status.message ?? []), ...lines.slice(0, 2)].join(
    '\n      ',
  );
  return {
    facts: Object.keys(ran).length === 0 ? 'not run' : ran,
    ...(said !== '' && { said: said.slice(0, 600) }),
  };
}
