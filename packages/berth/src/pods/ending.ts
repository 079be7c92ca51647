// Waits for pods whose manifests were removed.
import { connectCri } from '@berth/cri/client/client.ts';
import type { NodeLayout } from '../node/layout.ts';
import type { StatusLines } from '../terminal/status-lines.ts';
import { configHash } from './identity.ts';
import { secondsLeft } from './progress.ts';
import { PodWatch } from './watch.ts';

/**
 * Waits until the kubelet has ended pods, and shows how long each may take.
 * @param ending names by UID
 * @returns false after the timeout
 */
export async function untilEnded(
  layout: NodeLayout,
  ending: ReadonlyMap<string, string>,
  lines: StatusLines,
  timeoutSeconds: number,
): Promise<boolean> {
  if (ending.size === 0) return true;
  const client = connectCri(layout.socket);
  try {
    await using watch = new PodWatch(layout, client);
    return await watch.until(timeoutSeconds * 1000, (pods) => {
      const left = new Map(pods.map((pod) => [configHash(pod.metadata), pod]));
      for (const [uid, name] of ending) {
        const pod = left.get(uid);
        const seconds = pod && secondsLeft(pod, Date.now());
        const time = seconds !== undefined && seconds > 0 ? `, ${seconds} s left` : '';
        lines.set(uid, pod ? 'wait' : 'ok', `pod ${name}   ${pod ? `ending${time}` : 'ended'}`);
      }
      return [...ending.keys()].every((uid) => !left.has(uid));
    });
  } finally {
    client.close();
  }
}
