// Comparisons that change something: each crictl has objects and files of its own, or the node to itself.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ContainerResources } from '@berth/cri/generated/api.ts';
import { toProtoJson } from '@berth/cri/json/proto-json.ts';
import { pauseImage } from '@berth/test-support/images.ts';
import { testImage } from '@berth/test-support/pods.ts';
import { filled, type Outcome, type TwinComparison } from './comparison.ts';
import type { Names } from './files.ts';
import { makeTwin, pullStandingImages, type Side, type Twin } from './fixture.ts';
import type { TestImages } from './images.ts';
import { type Node, removeAllPods, removePods } from './node.ts';
import { type Compared, compare, fileEffect, type Programs, runCrictl } from './run.ts';

export interface TwinsOptions {
  /** None for what needs no runtime. */
  node: Node | undefined;
  programs: Programs;
  images: TestImages;
  /** Of the standing fixture. */
  names: Names;
  /** A folder for the files of the two. */
  dir: string;
  /** Pods of the standing fixture. */
  kept: ReadonlySet<string>;
}

const sides = ['real', 'ours'] as const;
const workers = 3;
const quietMs = 300;

/** Runs several at a time, and those that want the node alone one after the other. */
export async function compareTwins(
  comparisons: readonly TwinComparison[],
  options: TwinsOptions,
): Promise<Compared[]> {
  const results: Compared[] = [];
  const all = [...comparisons.entries()];
  const queue = all.filter(([, { alone }]) => alone === undefined);
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, comparison] = next;
      const [real, ours] = await Promise.all(sides.map((side) => runSide(index, comparison, side, options)));
      results[index] = both(comparison, options, real, ours);
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
  for (const [index, comparison] of all) {
    if (comparison.alone === undefined) continue;
    const real = await runSide(index, comparison, 'real', options);
    const ours = await runSide(index, comparison, 'ours', options);
    results[index] = both(comparison, options, real, ours);
  }
  return results;
}

interface SideOutcome {
  outcome: Outcome;
  own: Names;
}

function both(
  comparison: TwinComparison,
  { programs }: TwinsOptions,
  real: SideOutcome | undefined,
  ours: SideOutcome | undefined,
): Compared {
  if (real === undefined || ours === undefined) throw new Error('a side has no outcome');
  const outcomes = { real: real.outcome, ours: ours.outcome };
  return compare(comparison, programs, outcomes, { real: real.own, ours: ours.own });
}

/** Makes what one crictl works with, runs it, looks at what it left, and removes that. */
async function runSide(
  index: number,
  comparison: TwinComparison,
  side: Side,
  options: TwinsOptions,
): Promise<SideOutcome> {
  const { node, programs, images, names, kept } = options;
  const dir = join(options.dir, `${index}-${side}`);
  mkdirSync(dir, { recursive: true });
  const own: Names = new Map([
    ['own', dir],
    ['twin-image', `${images.registry}/twin/${side}`],
  ]);
  for (const [name, content] of Object.entries(comparison.files ?? {})) {
    const path = join(dir, name);
    own.set(name, path);
    if (content === false) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, filled(content, new Map([...names, ...own])));
  }
  if (comparison.pulled && node !== undefined) {
    for (const tag of ['1', '2']) {
      await node.client.image.pullImage({ image: { image: `${own.get('twin-image')}:${tag}` } });
    }
  }
  const twins: Twin[] = [];
  for (const [name, kind] of Object.entries(comparison.twins ?? {})) {
    if (node === undefined) throw new Error(`${name} needs a runtime`);
    const twin = await makeTwin(node, name, kind, `${index}-${side}`);
    twins.push(twin);
    own.set(name, twin.id).set(`${name}.pod`, twin.podId).set(`${name}.logs`, twin.logDirectory);
  }
  if (comparison.withoutEvents && node !== undefined) await readEvents(node);
  const outcome = await runCrictl(programs[side], comparison, new Map([...names, ...own]));
  const effects = [fileEffect(comparison, own)];
  if (node !== undefined) {
    const isOwn = (podId: string) =>
      comparison.alone ? !kept.has(podId) : twins.some((twin) => twin.podId === podId);
    effects.push(await nodeEffect(node, comparison, isOwn));
    if (comparison.alone) await restore(node, images, own, kept);
    else {
      await removePods(
        node.client,
        twins.map(({ podId }) => podId),
      );
    }
  }
  rmSync(dir, { recursive: true });
  return { outcome: { ...outcome, effect: effects.join('') }, own };
}

/** Reads events until none has come for a moment. */
async function readEvents({ client }: Node): Promise<void> {
  const quiet = new AbortController();
  let timer = setTimeout(() => quiet.abort(), quietMs);
  try {
    for await (const _ of client.runtime.getContainerEvents({}, { signal: quiet.signal })) {
      clearTimeout(timer);
      timer = setTimeout(() => quiet.abort(), quietMs);
    }
  } catch (error) {
    if (!quiet.signal.aborted) throw error;
  }
}

/** Brings the node back to the standing fixture. */
async function restore(node: Node, images: TestImages, own: Names, kept: ReadonlySet<string>): Promise<void> {
  await removeAllPods(node.client, kept);
  for (const tag of ['1', '2']) {
    await node.client.image.removeImage({ image: { image: `${own.get('twin-image')}:${tag}` } });
  }
  for (const image of [testImage, pauseImage]) {
    const status = await node.client.image.imageStatus({ image: { image } });
    if (status.image === undefined) await node.loadTestImage();
  }
  await pullStandingImages(node, images);
}

/** Names and states of pods and containers, limits of containers, or names of images. */
async function nodeEffect(
  node: Node,
  { effect }: TwinComparison,
  isOwn: (podId: string) => boolean,
): Promise<string> {
  const { runtime, image } = node.client;
  if (effect === 'pods') {
    const { items } = await runtime.listPodSandbox({});
    const { containers } = await runtime.listContainers({});
    const lines = [
      ...items.filter(({ id }) => isOwn(id)).map(({ metadata, state }) => `pod ${metadata?.name} ${state}`),
      ...containers
        .filter(({ podSandboxId }) => isOwn(podSandboxId))
        .map(({ metadata, state, image }) => `container ${metadata?.name} ${state} ${image?.image}`),
    ];
    return lines.sort().join('\n');
  }
  if (effect === 'limits') {
    const { containers } = await runtime.listContainers({});
    const own = containers.filter(({ podSandboxId }) => isOwn(podSandboxId));
    const lines = own.map(async ({ id: containerId, state }) => {
      const { status } = await runtime.containerStatus({ containerId });
      const limits = ContainerResources.fromPartial(status?.resources ?? {});
      return `${state} ${JSON.stringify(toProtoJson('ContainerResources', limits))}`;
    });
    return (await Promise.all(lines)).sort().join('\n');
  }
  if (effect === 'images') {
    const { images } = await image.listImages({});
    return images
      .flatMap(({ repoTags, repoDigests }) => [...repoTags, ...repoDigests])
      .sort()
      .join('\n');
  }
  return '';
}
