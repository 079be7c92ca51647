// `berth ps`: the node's pods, in the words of `kubectl get pods`.
import { connectCri } from '@berth/cri/client/client.ts';
import { goYaml } from '@berth/go-yaml/print.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { podsOf } from '../node/kubelet.ts';
import type { NodeLayout } from '../node/layout.ts';
import { findPods, fullName } from '../pods/find.ts';
import { podTable } from '../pods/table.ts';
import { PodWatch } from '../pods/watch.ts';
import type { Output } from '../terminal/status-lines.ts';
import type { OutputFormat } from './ps-formats.ts';

export interface PsOptions {
  readonly output?: OutputFormat;
  /** Goes on with each change, until the process ends. */
  readonly watch: boolean;
}

/** Prints the pods that the words mean, or all of them. */
export async function ps(
  layout: NodeLayout,
  words: readonly string[],
  { output: format, watch: goesOn }: PsOptions,
  output: Output = process.stdout,
): Promise<void> {
  const pods = await podsOf(layout);
  const chosen = words.length === 0 ? pods : findPods(words, pods);
  output.write(formatPods(chosen, format, words.length === 1));
  if (!goesOn) return;
  const names = words.length === 0 ? undefined : new Set(chosen.map(fullName));
  const shown = new Map(chosen.map((pod) => [keyOf(pod), rowOf(pod, format)]));
  const client = connectCri(layout.socket);
  try {
    await using watch = new PodWatch(layout, client);
    await watch.until(Number.POSITIVE_INFINITY, (current) => {
      const present = new Set(current.map(keyOf));
      for (const key of shown.keys()) if (!present.has(key)) shown.delete(key);
      for (const pod of current) {
        if (names !== undefined && !names.has(fullName(pod))) continue;
        const row = rowOf(pod, format);
        if (row === shown.get(keyOf(pod))) continue;
        shown.set(keyOf(pod), row);
        output.write(formatPods([pod], format, true, 'no header'));
      }
      return false;
    });
  } finally {
    client.close();
  }
}

const keyOf = (pod: v1.Pod): string => pod.metadata?.uid ?? fullName(pod);

/** What a change of makes news of a pod: not its age. */
function rowOf(pod: v1.Pod, format: OutputFormat | undefined): string {
  if (format === 'json' || format === 'yaml') return JSON.stringify(pod);
  return podTable([pod], new Date(0), { isWide: format === 'wide' });
}

/** The pods in a format; `isOne`: a pod was asked for, and not a list. Pure but for ages. */
export function formatPods(
  pods: readonly v1.Pod[],
  format: OutputFormat | undefined,
  isOne: boolean,
  header: 'header' | 'no header' = 'header',
): string {
  const objects = pods.map((pod) => ({ apiVersion: 'v1', kind: 'Pod', ...pod }));
  const [only, ...others] = objects;
  const object =
    isOne && only !== undefined && others.length === 0
      ? only
      : { apiVersion: 'v1', items: objects, kind: 'List', metadata: { resourceVersion: '' } };
  switch (format) {
    case 'json':
      return `${JSON.stringify(object, undefined, 4)}\n`;
    case 'yaml':
      // As JSON has it: without fields that are undefined.
      return `${goYaml(JSON.parse(JSON.stringify(object)))}\n`;
    case 'name':
      return pods.map(({ metadata }) => `pod/${metadata?.name}\n`).join('');
    default: {
      if (pods.length === 0) return 'No pods run on this node: berth up POD.yaml\n';
      const table = podTable(pods, new Date(), { isWide: format === 'wide' });
      return `${header === 'header' ? table : table.slice(table.indexOf('\n') + 1)}\n`;
    }
  }
}
