// Comparisons that change the node: each crictl has objects of its own, or the node to itself.
import type { TwinComparison } from './comparison.ts';
import { makeTwin, type Names, type Side } from './fixture.ts';
import { type Node, removeAllPods } from './node.ts';
import { type Compared, compare, fileEffect, type Programs, runCrictl } from './run.ts';

const sides = ['real', 'ours'] as const;

/** Runs one comparison after the other; what each has made is gone before the next. */
export async function compareTwins(
  comparisons: readonly TwinComparison[],
  options: { node: Node; programs: Programs; names: Names; kept: ReadonlySet<string> },
): Promise<Compared[]> {
  const { node, programs, names, kept } = options;
  const results: Compared[] = [];
  for (const comparison of comparisons) {
    const twinIds = { real: new Map<string, string>(), ours: new Map<string, string>() };
    const run = async (side: Side) => {
      for (const [name, kind] of Object.entries(comparison.twins ?? {})) {
        twinIds[side].set(name, await makeTwin(node, name, kind, side));
      }
      for (const [name, value] of namesOfSide(side, names)) twinIds[side].set(name, value);
      const own = new Map([...names, ...twinIds[side]]);
      const outcome = await runCrictl(programs[side], comparison, own);
      const effect = `${fileEffect(comparison, own)}${await nodeEffect(node, comparison, kept)}`;
      await removeAllPods(node.client, kept);
      return { ...outcome, effect };
    };
    const outcomes = { real: await run('real'), ours: await run('ours') };
    results.push(compare(comparison, programs, outcomes, twinIds));
  }
  for (const side of sides) await removeTwinImages(node, names, side);
  return results;
}

/** Files and images that are there for each of the two. */
function namesOfSide(side: Side, names: Names): [string, string][] {
  return [
    ['new-pod.json', names.get(`pod-${side}.json`) ?? ''],
    ['new-pod', `new-${side}`],
    ['twin-image', `${names.get('registry')}/twin/${side}`],
  ];
}

/** Names and states of pods and containers beside the standing ones, or names of images. */
async function nodeEffect(
  node: Node,
  { effect }: TwinComparison,
  kept: ReadonlySet<string>,
): Promise<string> {
  const { runtime, image } = node.client;
  if (effect === 'pods') {
    const { items } = await runtime.listPodSandbox({});
    const { containers } = await runtime.listContainers({});
    const lines = [
      ...items
        .filter(({ id }) => !kept.has(id))
        .map(({ metadata, state }) => `pod ${metadata?.name} ${state}`),
      ...containers
        .filter(({ podSandboxId }) => !kept.has(podSandboxId))
        .map(({ metadata, state, image }) => `container ${metadata?.name} ${state} ${image?.image}`),
    ];
    return lines.sort().join('\n');
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

async function removeTwinImages(node: Node, names: Names, side: Side): Promise<void> {
  for (const tag of ['1', '2']) {
    await node.client.image.removeImage({ image: { image: `${names.get('registry')}/twin/${side}:${tag}` } });
  }
}
