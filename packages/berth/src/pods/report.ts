// The report of pods that did not come up.
import { printable } from '@berth/common/printable.ts';
import type { CriClient } from '@berth/cri/client/client.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import type { PodFailure } from './failure.ts';
import { lastLogLines } from './last-log.ts';

/** A pod that failed, or was not ready in time. */
export interface FailedPod extends PodFailure {
  /** As people call it. */
  readonly name: string;
  readonly pod: v1.Pod | undefined;
}

/**
 * What happened to each pod, with the last lines of a container that ended.
 * @param isShown a line of the screen already says what happened: only the logs are left
 */
export async function failureReport(
  failed: readonly FailedPod[],
  client: CriClient,
  isShown: boolean,
): Promise<string> {
  const parts = failed.map(async ({ name, message, container, pod }) => {
    const log = pod && container !== undefined ? await lastLogLines(client, pod, container) : [];
    const lines = log.map((line) => `    ${line}`);
    if (isShown) return lines.length === 0 ? [] : [`The end of the log of ${name}, ${container}:`, ...lines];
    const end = lines.length === 0 ? [] : [`  the end of the log of container ${container}:`];
    return [printable(`pod ${name}: ${message}`), ...end, ...lines];
  });
  return (await Promise.all(parts)).flat().join('\n');
}

/** Pure: what becomes of the pods without the user. */
export function whatGoesOn(failed: readonly Pick<FailedPod, 'name' | 'isRetried'>[]): string[] {
  const names = (isRetried: boolean) =>
    failed.flatMap((each) => (each.isRetried === isRetried ? [each.name] : [])).join(', ');
  const [tried, over] = [names(true), names(false)];
  return [
    ...(tried === '' ? [] : [`The kubelet goes on trying: ${tried}`]),
    ...(over === '' ? [] : [`Not started again without a change: ${over}`]),
  ];
}
