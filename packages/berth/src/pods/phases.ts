// Times the parts of a pod's start for the status line of `berth up`.
import { type ContainerEventResponse, ContainerEventType } from '@berth/cri/generated/api.ts';

/** One part of a pod's start. */
export interface Phase {
  readonly name: 'sandbox' | 'image' | 'container';
  /** In milliseconds. */
  readonly ms: number;
}

interface Moments {
  sandboxCreated: bigint;
  sandboxReady?: bigint;
  containers: Map<string, { createdAt: bigint; startedAt: bigint }>;
}

/** Measures the parts of pods' starts from the timestamps of the runtime's events. */
export class StartPhases {
  readonly #pods = new Map<string, Moments>();

  /** Records one container event of the CRI. */
  record({
    containerId,
    containerEventType,
    createdAt,
    podSandboxStatus,
    containersStatuses,
  }: ContainerEventResponse): void {
    const uid = podSandboxStatus?.metadata?.uid;
    if (podSandboxStatus === undefined || uid === undefined || uid === '') return;
    const moments: Moments = this.#pods.get(uid) ?? {
      sandboxCreated: podSandboxStatus.createdAt,
      containers: new Map(),
    };
    this.#pods.set(uid, moments);
    const isSandbox = containerId === podSandboxStatus.id;
    if (isSandbox && containerEventType === ContainerEventType.CONTAINER_STARTED_EVENT) {
      moments.sandboxReady ??= createdAt;
    }
    for (const status of containersStatuses) {
      // A restarted container has another attempt; the start of the pod is over by then.
      if (status.metadata?.attempt !== 0) continue;
      moments.containers.set(status.id, { createdAt: status.createdAt, startedAt: status.startedAt });
    }
  }

  /** The phases of a pod's start, as far as its events were seen: sandbox (with network), image, container. */
  of(uid: string): Phase[] {
    const moments = this.#pods.get(uid);
    if (moments?.sandboxReady === undefined) return [];
    const phases: Phase[] = [
      { name: 'sandbox', ms: milliseconds(moments.sandboxCreated, moments.sandboxReady) },
    ];
    const containers = [...moments.containers.values()];
    const created = containers.map(({ createdAt }) => createdAt).sort(ascending)[0];
    const started = containers
      .map(({ startedAt }) => startedAt)
      .sort(ascending)
      .at(-1);
    if (created === undefined || started === undefined || started === 0n) return phases;
    phases.push({ name: 'image', ms: milliseconds(moments.sandboxReady, created) });
    phases.push({ name: 'container', ms: milliseconds(created, started) });
    return phases;
  }
}

/** `sandbox 9 ms · image 1 ms · container 14 ms` */
export function formatPhases(phases: readonly Phase[]): string {
  return phases
    .map(({ name, ms }) => `${name} ${ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`}`)
    .join(' · ');
}

function milliseconds(from: bigint, to: bigint): number {
  return Math.max(0, Number(to - from) / 1e6);
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
