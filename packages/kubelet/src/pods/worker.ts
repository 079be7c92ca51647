// One pod's worker: its rounds follow each other, never two at a time, and each begins with what the runtime
// says now. Whatever wakes the worker (an event, a timer, a new manifest) only says "look again".
import { join } from 'node:path';
import type { Pod, PodIdentity, PodStatus } from '../api/pod.ts';
import { createLogger } from '../klog/klog.ts';
import {
  emptyRuntimeStatus,
  knowsView,
  type PodRuntimeStatus,
  runtimePodIps,
  type SandboxView,
} from '../kubecontainer/runtime-status.ts';
import { recordedGracePeriod } from '../kuberuntime/grace-period.ts';
import type { RotatedLog } from '../logs/log-rotation.ts';
import { logPath, podLogDir } from '../paths/pod-paths.ts';
import type { StartFailure } from '../status/container-status.ts';
import { podStatus } from '../status/pod-status.ts';
import type { Services } from './services.ts';
import { syncPod } from './sync-pod.ts';
import { terminatePod } from './terminate-pod.ts';

const log = createLogger('pod-worker.ts');

const firstRetryMs = 500;
const longestRetryMs = 20_000;
/** The longest delay that setTimeout takes. */
const longestTimerMs = 2 ** 31 - 1;

/** Runs a pod until it shall end, then ends it. */
export class PodWorker {
  readonly identity: PodIdentity;
  readonly #services: Services;
  readonly #onDone: () => void;
  readonly #failures = new Map<string, StartFailure>();
  readonly #abort = new AbortController();
  readonly #madeAt = Date.now();
  /** Undefined for an orphan: the runtime has it, but no source wants it. */
  #pod: Pod | undefined;
  #runtimeStatus: PodRuntimeStatus;
  #podIps: string[] = [];
  #status: PodStatus | undefined;
  #phase: 'syncing' | 'terminating' | 'stopped' = 'syncing';
  #awake = false;
  /** What the runtime told of each sandbox, by id, and nobody has looked at. */
  readonly #noticed = new Map<string, SandboxView>();
  #round: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failedRounds = 0;
  #isNew = false;

  /** `onDone` is called when the pod has ended and nothing of it is left. */
  constructor(identity: PodIdentity, pod: Pod | undefined, services: Services, onDone: () => void) {
    const { name, namespace, uid } = identity;
    this.identity = { name, namespace, uid };
    this.#pod = pod;
    this.#services = services;
    this.#onDone = onDone;
    this.#runtimeStatus = emptyRuntimeStatus(this.identity);
    if (!pod) this.#phase = 'terminating';
  }

  /** Says that the runtime has nothing of the pod: the first round begins without asking. */
  startNew(): void {
    this.#isNew = true;
  }

  /** True from the moment when the pod shall end. */
  get terminating(): boolean {
    return this.#phase === 'terminating';
  }

  /** The pod as it is wanted, marked as deleted once it ends; undefined for an orphan. */
  pod(): Pod | undefined {
    const pod = this.#pod;
    if (!pod || !this.#deletedAt) return pod;
    const metadata = {
      ...pod.metadata,
      deletionTimestamp: this.#deletedAt,
      deletionGracePeriodSeconds: pod.spec.terminationGracePeriodSeconds,
    };
    return { ...pod, metadata };
  }
  #deletedAt: string | undefined;

  /** The pod's newest status; undefined for an orphan. */
  status(): PodStatus | undefined {
    if (!this.#status) this.#observe(this.#runtimeStatus);
    return this.#status;
  }

  /** The containers that run, and where each logs to. */
  runningLogs(): RotatedLog[] {
    const directory = podLogDir(this.#services.options, this.identity);
    return this.#runtimeStatus.containers
      .filter((container) => container.state === 'running')
      .map(({ id, name, restartCount }) => ({
        id,
        path: join(directory, logPath(name, restartCount)),
        root: this.#services.options.podLogsDir,
      }));
  }

  /** Takes another version of the same pod: same UID, other contents. */
  update(pod: Pod): void {
    this.#pod = pod;
    this.wake();
  }

  /** The pod shall end: the round that goes on stops at its next step. */
  terminate(): void {
    if (this.#phase !== 'syncing') return;
    this.#phase = 'terminating';
    this.#deletedAt = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    this.#failedRounds = 0;
    this.#abort.abort(new Error('the pod shall end'));
    this.wake();
  }

  /** Takes what the runtime tells of a sandbox; it is looked at unless it is what the last round has left. */
  notice(view: SandboxView): void {
    this.#noticed.set(view.id, view);
    if (this.#round === undefined && this.#missedSomething()) this.wake();
  }

  /** Has the worker look at its pod again, now or right after the round that goes on. */
  wake(): void {
    if (this.#phase === 'stopped') return;
    this.#awake = true;
    this.#round ??= this.#rounds().finally(() => {
      this.#round = undefined;
      // Woken after the last round had begun to end.
      if (this.#awake) this.wake();
    });
  }

  /** Lets go of the pod as it is. Resolves after the round that goes on, at its next step. */
  async stop(): Promise<void> {
    this.#phase = 'stopped';
    this.#abort.abort(new Error('the kubelet stops'));
    clearTimeout(this.#timer);
    await this.#round;
  }

  async #rounds(): Promise<void> {
    while (this.#awake && this.#phase !== 'stopped') {
      this.#awake = false;
      clearTimeout(this.#timer);
      try {
        if (this.#phase === 'terminating') return await this.#end();
        await this.#sync();
        if (this.#missedSomething()) this.#awake = true;
      } catch (error) {
        const pod = `${this.identity.namespace}/${this.identity.name}`;
        log.error('Error syncing pod, will try again', { err: error, pod, podUID: this.identity.uid });
        this.#retryLater();
      }
    }
  }

  /** Whether the runtime told something since the last call that the status does not show. */
  #missedSomething(): boolean {
    const views = [...this.#noticed.values()];
    this.#noticed.clear();
    return views.some((view) => !knowsView(this.#runtimeStatus, view));
  }

  async #sync(): Promise<void> {
    const pod = this.#pod;
    if (!pod) return;
    const isNew = this.#isNew;
    this.#isNew = false;
    const { status, nextAt, look } = await syncPod(
      pod,
      {
        failures: this.#failures,
        deadlineExceeded: this.#deadlineExceeded(),
        isNew,
        signal: this.#abort.signal,
        onStatus: (seen) => this.#observe(seen),
      },
      this.#services,
    );
    this.#observe(status);
    if (look === 'after a pause') return this.#retryLater();
    if (look === 'at once') this.#awake = true;
    this.#failedRounds = 0;
    const times = [nextAt, this.#deadlineExceeded() ? undefined : this.#deadline()];
    const next = Math.min(...times.filter((time) => time !== undefined));
    if (Number.isFinite(next)) this.#wakeIn(next - Date.now());
  }

  async #end(): Promise<void> {
    const grace =
      this.#pod?.spec.terminationGracePeriodSeconds ??
      (await recordedGracePeriod(this.#services.runtime, this.identity.uid));
    await terminatePod(this.identity, grace, this.#services, (seen) => this.#observe(seen));
    this.#phase = 'stopped';
    log.info('Pod has ended and nothing is left of it', {
      pod: `${this.identity.namespace}/${this.identity.name}`,
      podUID: this.identity.uid,
    });
    this.#onDone();
  }

  #retryLater(): void {
    this.#wakeIn(Math.min(longestRetryMs, firstRetryMs * 2 ** this.#failedRounds));
    this.#failedRounds += 1;
  }

  #wakeIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.wake(), Math.min(Math.max(0, ms), longestTimerMs));
  }

  /** Keeps what was seen, and the status that follows from it. */
  #observe(seen: PodRuntimeStatus): void {
    this.#runtimeStatus = seen;
    const pod = this.#pod;
    if (!pod) return;
    const { options, runtimeName } = this.#services;
    const ips = runtimePodIps(seen);
    // A pod that has ended keeps the address that it had.
    if (ips.length > 0) this.#podIps = ips;
    if (pod.spec.hostNetwork && seen.sandboxes.length > 0) this.#podIps = options.nodeIps;
    this.#status = podStatus(
      pod,
      seen,
      {
        runtimeName,
        failures: this.#failures,
        hostIps: options.nodeIps,
        podIps: this.#podIps,
        now: Date.now(),
        startedAt: this.#startedAt(),
        deadlineExceeded: this.#deadlineExceeded(),
      },
      this.#status,
    );
  }

  /** When the pod began on this node: with its oldest sandbox, when that was before this kubelet. */
  #startedAt(): number {
    const sandboxes = this.#runtimeStatus.sandboxes.map(({ createdAt }) => Number(createdAt / 1_000_000n));
    return Math.min(this.#madeAt, ...sandboxes);
  }

  #deadline(): number | undefined {
    const seconds = this.#pod?.spec.activeDeadlineSeconds;
    return seconds === undefined ? undefined : this.#startedAt() + seconds * 1000;
  }

  /** Whether `activeDeadlineSeconds` is over; a pod that finished in time has not missed it. */
  #deadlineExceeded(): boolean {
    if (this.#status?.phase === 'Succeeded') return false;
    if (this.#status?.reason === 'DeadlineExceeded') return true;
    if (this.#status?.phase === 'Failed') return false;
    const deadline = this.#deadline();
    return deadline !== undefined && Date.now() >= deadline;
  }
}
