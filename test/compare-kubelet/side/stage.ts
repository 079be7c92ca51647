// Gives a kubelet manifests, looks at each pod when it has come as far as its case wants, and takes them away again.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { Semaphore } from '@berth/common/semaphore.ts';
import { patience } from '@berth/test-support/machine-speed.ts';
import { marksDir, running } from '../cases/pod.ts';
import { caseName, containersOf, type ListedPod, type ManifestCase, type Settled } from '../manifest-case.ts';
import type { Json } from '../normalise.ts';
import { listedOnly, observePod } from '../observe/pod.ts';
import { withoutTurns } from '../observe/turns.ts';
import type { SideNode } from './node.ts';
import { listPods, podOf, refusal } from './pods.ts';

/** By the whole name of a case, what was seen of it. */
export type Observations = Record<string, { [what: string]: Json }>;

/** When no case has come further for this long, the rest is looked at as it is. */
const standstillMs = 30_000;
/** Cases that never settle wait, beside their own time, until no other has come further for this long: they compete. */
const calmMs = 10_000;
/** When a kubelet has made no further pod for this long, it is asked of manifests without one whether it refused them. */
const refusalMs = 5000;
const pollMs = 300;

/** Runs cases together and adds what it sees to `seen`; `meanwhile` is called while all of their pods are there. */
export async function runStage(
  node: SideNode,
  cases: readonly ManifestCase[],
  seen: Observations,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const note = (each: ManifestCase, what: string, value: Json) => {
    seen[caseName(each)] = { ...seen[caseName(each)], [what]: value };
  };
  mkdirSync(marksDir, { recursive: true });
  for (const each of cases) drop(node, each, each.manifest);
  await eachSettled(
    node,
    cases,
    ({ settled }) => settled,
    async (each, pod) => {
      note(each, 'settled', await observed(node, each, pod));
    },
  );
  await meanwhile();
  tell('looked at');
  const edited = cases.filter(({ edit }) => edit !== undefined);
  const uids = new Map((await listPods()).map(({ metadata }) => [metadata.name, metadata.uid]));
  for (const each of edited) drop(node, each, each.edit?.manifest ?? {});
  const isNew =
    (each: ManifestCase): Settled =>
    (pod) =>
      uids.get(pod.metadata.name) !== pod.metadata.uid && (each.edit?.settled(pod) ?? true);
  await eachSettled(node, edited, isNew, async (each, pod) => {
    note(each, 'edited', await observed(node, each, pod));
  });
  tell('edited');
  await restart(node, cases, note);
  tell('restarted');
  const uidsOfAll = new Map((await listPods()).map(({ metadata }) => [metadata.name, metadata.uid]));
  for (const each of cases) rmSync(join(node.manifests, fileOf(each)), { force: true });
  await eachGone(node, cases, uidsOfAll, (each, left) => note(each, 'gone', left));
  tell('gone');
  for (const each of cases.filter(({ fleeting }) => !fleeting)) note(each, 'marks', marksOf(each));
}

/** What takes how long, for whoever looks at the side's output. */
function tell(what: string): void {
  console.log(`${(performance.now() / 1000).toFixed(1)} s: ${what}`);
}

type Note = (each: ManifestCase, what: string, value: Json) => void;

/** Kills the kubelet and starts it again; pods have to look as before. */
async function restart(node: SideNode, cases: readonly ManifestCase[], note: Note): Promise<void> {
  const before = await listPods();
  const steady = cases.filter((each) => isSteady(podOf(each, before)));
  const ids = new Map(steady.map((each) => [each, containerIds(podOf(each, before))]));
  await node.restartKubelet();
  const settledAgain =
    (each: ManifestCase): Settled =>
    (pod) =>
      pod.status.phase === 'Running' && (each.edit?.settled ?? each.settled)(pod);
  await eachSettled(node, steady, settledAgain, async (each, pod) => {
    note(each, 'restarted', pod ? listedOnly(pod) : 'no pod');
    note(each, 'sameContainers', String(containerIds(pod)) === String(ids.get(each)));
  });
}

/** Whether all containers of a pod run, and have not been restarted. */
function isSteady(pod: ListedPod | undefined): boolean {
  if (pod === undefined || !running(pod)) return false;
  return containersOf(pod).every(({ restartCount = 0 }) => restartCount === 0);
}

function containerIds(pod: ListedPod | undefined): string[] {
  return (pod?.status.containerStatuses ?? []).map(({ containerID = '' }) => containerID);
}

async function observed(node: SideNode, each: ManifestCase, pod: ListedPod | undefined): Promise<Json> {
  if (pod === undefined) return { none: refusal(each, node.log()) };
  // Of one that goes on restarting, the runtime has other containers by now.
  if (each.fleeting) return { uid: pod.metadata.uid, pod: withoutTurns(listedOnly(pod)) };
  try {
    return await observePod(node, pod);
  } catch (error) {
    return { broken: inspect(error) };
  }
}

function fileOf({ pod }: ManifestCase): string {
  return `${pod}.json`;
}

function drop({ manifests, dir }: SideNode, each: ManifestCase, manifest: object): void {
  for (const [file, content] of Object.entries({ ...each.beside, [fileOf(each)]: manifest })) {
    // A kubelet reads a file as soon as it is there.
    writeFileSync(join(dir, file), JSON.stringify(manifest === content ? manifest : content));
    renameSync(join(dir, file), join(manifests, file));
  }
}

/** Pods that are looked at beside each other; the rest waits. */
const looksAtOnce = 4;

/** Calls `look` for each case once its pod has been settled for as long as the case wants, or will not be. */
async function eachSettled(
  node: SideNode,
  cases: readonly ManifestCase[],
  settledOf: (each: ManifestCase) => Settled,
  look: (each: ManifestCase, pod: ListedPod | undefined) => Promise<void>,
): Promise<void> {
  const begin = performance.now();
  let [progress, appeared, count] = [begin, begin, 0];
  const since = new Map<ManifestCase, number>();
  const there = new Map<ManifestCase, number>();
  const open = new Set(cases);
  const looks: Promise<void>[] = [];
  const places = new Semaphore(looksAtOnce);
  while (open.size > 0) {
    const listed = await listPods();
    const now = performance.now();
    if (listed.length > count) appeared = now;
    count = listed.length;
    const isLate = now - progress > patience(standstillMs);
    const isCalm = now - progress > patience(calmMs);
    for (const each of [...open].sort(fleetingFirst)) {
      const pod = podOf(each, listed);
      const isSettled = pod !== undefined && settledOf(each)(pod);
      if (!isSettled) since.delete(each);
      else if (!since.has(each)) since.set(each, now);
      const held = now - (since.get(each) ?? Infinity);
      if (pod !== undefined && !there.has(each)) there.set(each, now);
      const isEnough = isCalm && now - (there.get(each) ?? Infinity) > patience(each.upToMs ?? Infinity);
      const isRefused =
        pod === undefined && now - appeared > patience(refusalMs) && refusal(each, node.log()) !== '';
      if (!(held >= (each.holdMs ?? 0) || isRefused || isEnough || isLate)) continue;
      open.delete(each);
      progress = now;
      looks.push(places.run(() => look(each, pod)));
      if (isLate) console.log(`${caseName(each)}: not settled`);
    }
    await delay(pollMs);
  }
  await Promise.all(looks);
}

/** What a restart soon changes is looked at before what stays. */
function fleetingFirst(one: ManifestCase, other: ManifestCase): number {
  return Number(other.fleeting ?? false) - Number(one.fleeting ?? false);
}

/** Waits until the pods are gone, and tells of each what is left of it on the node. */
async function eachGone(
  node: SideNode,
  cases: readonly ManifestCase[],
  uids: ReadonlyMap<string, string>,
  look: (each: ManifestCase, left: Json) => void,
): Promise<void> {
  let progress = performance.now();
  const open = new Set(cases);
  while (open.size > 0) {
    const listed = await listPods();
    const { items } = await node.client.runtime.listPodSandbox({});
    const ready = new Set(items.filter(({ state }) => state === 0).map(({ metadata }) => metadata?.uid));
    const isLate = performance.now() - progress > patience(standstillMs);
    for (const each of [...open]) {
      const uid = uids.get(`${each.pod}-node1`);
      const left = {
        listed: podOf(each, listed) !== undefined,
        folder: uid !== undefined && existsSync(join(node.rootDir, 'pods', uid)),
        sandbox: ready.has(uid),
      };
      if (Object.values(left).includes(true) && !isLate) continue;
      open.delete(each);
      progress = performance.now();
      look(each, left);
    }
    await delay(pollMs);
  }
}

/** The marks that the containers of a case's pod made, in their order, and the seconds between one and the next. */
function marksOf({ pod }: ManifestCase): Json {
  const file = join(marksDir, pod, 'log');
  if (!existsSync(file)) return existsSync(join(marksDir, pod)) ? readdirSync(join(marksDir, pod)) : 'none';
  const marks = readFileSync(file, 'utf8').trim().split('\n');
  const parsed = marks.map((line) => {
    const [up = '', word = ''] = line.split(' ');
    return { seconds: Number(up), word };
  });
  return {
    order: parsed.map(({ word }, index) => `${index} ${word}`),
    gaps: parsed.slice(1).map(({ seconds }, index) => gap(seconds - (parsed[index]?.seconds ?? 0))),
  };
}

function gap(seconds: number): Json {
  return { '~seconds': Math.round(seconds * 100) / 100 };
}
