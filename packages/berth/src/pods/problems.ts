// What fails on a node, for `berth status`: pure.
import type { RejectedManifest } from '@berth/kubelet/config/pod-source.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { podContainers, podFailure, restartFailure } from './failure.ts';
import { displayName } from './identity.ts';
import { newestVersions } from './versions.ts';

/** One thing that does not run as it should. */
export interface NodeProblem {
  /** `pod default/a`, or the path of a manifest. */
  readonly subject: string;
  readonly message: string;
}

/** A container that was restarted so short a time ago counts as failing, in milliseconds. */
const recentMs = 10_000;

/** The pods that fail, then the manifests that the kubelet does not run, or not in their newest version. */
export function nodeProblems(
  pods: readonly v1.Pod[],
  rejected: readonly RejectedManifest[],
  now: number,
): NodeProblem[] {
  const ofPods = newestVersions(pods).flatMap(({ pod }): NodeProblem[] => {
    const failure = podFailure(pod) ?? recentRestart(pod, now);
    if (failure === undefined) return [];
    // A pod that was not admitted: the kubelet's own words explain it better.
    const { name, namespace } = pod.metadata ?? {};
    const rejection =
      pod.status?.phase === 'Failed'
        ? rejected.find((each) => each.pod === `${namespace}/${name}`)
        : undefined;
    const reason = rejection && [pod.status?.reason, rejection.message].filter(Boolean).join(': ');
    return [{ subject: `pod ${displayName(pod)}`, message: reason ?? failure.message }];
  });
  const listed = new Set(
    pods.flatMap(({ metadata, status }) =>
      status?.phase === 'Failed' ? [`${metadata?.namespace}/${metadata?.name}`] : [],
    ),
  );
  const ofManifests = rejected
    .filter(({ pod }) => pod === undefined || !listed.has(pod))
    .map(({ file, pod, object, message, lastGoodRuns }) => {
      const what = object ?? (pod === undefined ? undefined : `pod ${pod}`);
      const now = lastGoodRuns ? '. The last good version goes on' : '';
      return { subject: file, message: `${what === undefined ? '' : `${what}: `}${message}${now}` };
    });
  return [...ofPods, ...ofManifests];
}

function recentRestart(pod: v1.Pod, now: number) {
  const container = podContainers(pod).find(({ status }) => {
    const startedAt = status?.state?.running?.startedAt;
    const last = status?.lastState?.terminated;
    return (
      startedAt !== undefined &&
      last !== undefined &&
      last.exitCode !== 0 &&
      (status?.restartCount ?? 0) > 0 &&
      now - new Date(startedAt).getTime() < recentMs
    );
  });
  return container && restartFailure(container);
}
