// Judges how far a pod is that `berth up` waits for: pure, from what kubelet and runtime say at one moment.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import {
  exitCode,
  type PodContainer,
  type PodFailure,
  podContainers,
  podFailure,
  restartFailure,
} from './failure.ts';
import { readable } from './readable.ts';

/** The progress of a pod, for a waiting command. */
export type PodProgress =
  | { readonly state: 'waiting'; readonly message: string }
  /** Ready and steady, or finished if the pod runs to completion. */
  | { readonly state: 'done'; readonly message: string }
  /** It cannot become ready without a change by the user, or does not stay up. */
  | ({ readonly state: 'failed' } & PodFailure);

/** Bytes of an image that is being pulled. */
export interface PullBytes {
  readonly image: string;
  readonly done: number;
  /** 0 until the image's manifest is known. */
  readonly total: number;
}

/** Everything that is known of a pod at one moment. */
export interface PodView {
  /** This version of the pod; undefined while the kubelet does not list it. */
  readonly pod: v1.Pod | undefined;
  /** Earlier versions of it that have not ended yet. */
  readonly former: readonly v1.Pod[];
  /** Why the kubelet does not run its manifest. */
  readonly rejection: string | undefined;
  /** The pulls of its images. */
  readonly pulls: readonly PullBytes[];
  /** How often a container was restarted before the wait began. */
  restartsBefore(container: string): number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * How long a container without a readiness probe must run before its pod counts as up. Times in a status have no
 * fraction of a second, so that it can be a second less.
 */
const steadyMs = 4_000;

/** Judges a pod. */
export function podProgress(view: PodView): PodProgress {
  const { pod, rejection } = view;
  const status = pod?.status;
  if (pod === undefined || status === undefined) {
    if (rejection !== undefined) return { state: 'failed', message: rejection, isRetried: false };
    return { state: 'waiting', message: formerProgress(view) ?? 'waiting for the kubelet' };
  }
  if (status.phase === 'Succeeded') return { state: 'done', message: 'Completed' };
  const containers = podContainers(pod);
  const failure = podFailure(pod);
  // An admission that failed: the kubelet's own words explain it better than the status, which is Kubernetes'.
  if (failure && rejection !== undefined && status.phase === 'Failed')
    return {
      state: 'failed',
      isRetried: false,
      message: [status.reason, rejection].filter(Boolean).join(': '),
    };
  if (failure) return { state: 'failed', ...failure };
  // A pod that was removed and installed again counts on from its old logs, without an earlier container.
  const restarted = containers.find(
    ({ name, status }) =>
      status?.lastState?.terminated !== undefined && status.restartCount > view.restartsBefore(name),
  );
  if (restarted) return { state: 'failed', ...restartFailure(restarted) };
  const unready = containers.filter((container) => !isUp(container));
  if (status.containerStatuses === undefined || unready.length > 0)
    return { state: 'waiting', message: waitingFor(view, unready) };
  const isReady = status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
  const completed = containers.filter((container) => !container.isInit && exitCode(container) === 0).length;
  // A container that has completed makes its pod unready, as Kubernetes has it; so does a readiness gate.
  if (!isReady && completed === 0)
    return { state: 'waiting', message: 'every container runs, the pod is not ready yet' };
  const left = Math.max(0, ...containers.map((container) => unsteadyMs(container, view.now)));
  if (left > 0) return { state: 'waiting', message: `Running, watched for ${Math.ceil(left / 1000)} s more` };
  return {
    state: 'done',
    message: completed > 0 ? `Running, ${completed} of ${containers.length} completed` : 'Running',
  };
}

function isUp({ status, isInit }: PodContainer): boolean {
  if (status?.state?.terminated?.exitCode === 0) return true;
  return !isInit && status?.ready === true && status.state?.running !== undefined;
}

/** How long the container must run until it counts as steady, in milliseconds. */
function unsteadyMs({ status, hasReadinessProbe }: PodContainer, now: number): number {
  const startedAt = status?.state?.running?.startedAt;
  // A readiness probe has said that it works.
  if (startedAt === undefined || hasReadinessProbe) return 0;
  return new Date(startedAt).getTime() + steadyMs - now;
}

function waitingFor(view: PodView, unready: readonly PodContainer[]): string {
  const ending = formerProgress(view);
  if (ending !== undefined && view.pod?.status?.podIP === undefined) return ending;
  const pulling = pullProgress(view.pulls);
  if (pulling !== undefined) return pulling;
  // An init container that runs is on its way; the others wait for it.
  const [first] = unready;
  if (first === undefined) return 'starting';
  const { waiting, running } = first.status?.state ?? {};
  if (running !== undefined)
    return first.isInit ? `init container ${first.name} runs` : `container ${first.name} runs, not ready yet`;
  if (waiting?.reason === undefined) return 'starting';
  const detail = waiting.message === undefined ? '' : `: ${readable(waiting.message)}`;
  return `container ${first.name}: ${waiting.reason}${detail}`;
}

/** `old pod ending, 22 s left` */
function formerProgress({ former, now }: PodView): string | undefined {
  if (former.length === 0) return undefined;
  const left = former.flatMap((pod) => secondsLeft(pod, now) ?? []);
  if (left.length === 0) return 'old pod ending';
  const longest = Math.max(...left);
  return longest > 0 ? `old pod ending, ${longest} s left` : 'old pod ending, killed now';
}

/** How many seconds of its grace period a pod that ends has left; undefined when it does not end. */
export function secondsLeft({ metadata, spec }: v1.Pod, now: number): number | undefined {
  const deletedAt = metadata?.deletionTimestamp;
  if (deletedAt === undefined) return undefined;
  const graceMs = (spec?.terminationGracePeriodSeconds ?? 30) * 1000;
  return Math.ceil((new Date(deletedAt).getTime() + graceMs - now) / 1000);
}

/** `pulling nginx:1 37/120 MB` */
export function pullProgress(pulls: readonly PullBytes[]): string | undefined {
  const [first, ...others] = pulls;
  if (first === undefined) return undefined;
  const what = others.length === 0 ? first.image : `${pulls.length} images`;
  const sum = (of: 'done' | 'total') => pulls.reduce((bytes, pull) => bytes + pull[of], 0);
  const [done, total] = [sum('done'), sum('total')];
  if (total === 0) return `pulling ${what}`;
  if (done >= total) return `unpacking ${what}`;
  return `pulling ${what} ${megabytes(done, total)}/${megabytes(total, total)} MB`;
}

/** Small images in tenths. */
function megabytes(bytes: number, of: number): string {
  return (bytes / 1e6).toFixed(of < 10e6 ? 1 : 0);
}
