// `berth describe`: a pod's specification, states and events.
import { describePod } from '../describe/pod.ts';
import { podEvents, podsOf } from '../node/kubelet.ts';
import type { NodeLayout } from '../node/layout.ts';
import { findPods, fullName } from '../pods/find.ts';
import type { Output } from '../terminal/status-lines.ts';

/** Describes the pods that the words mean. */
export async function describe(
  layout: NodeLayout,
  words: readonly string[],
  output: Output = process.stdout,
): Promise<void> {
  const texts: string[] = [];
  for (const pod of findPods(words, await podsOf(layout))) {
    texts.push(describePod(pod, await podEvents(layout, fullName(pod)), new Date()));
  }
  output.write(texts.join('\n\n'));
}
