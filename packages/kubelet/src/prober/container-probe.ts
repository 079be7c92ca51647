// One probe of one container: schedules its runs, and keeps its result.
import { maxTimerMs } from '@berth/common/max-timer.ts';
import type { Container, Pod, Probe } from '../api/pod.ts';
import { podKey } from '../api/pod.ts';
import { aboutContainer, type Recorder } from '../events/event.ts';
import { createLogger } from '../klog/klog.ts';
import { rpcErrorText } from '../kubecontainer/rpc-error-text.ts';
import type { ExecProbePorts } from './exec.ts';
import { ProbeCounters, type ProbeMetrics, probeTypes } from './metrics.ts';
import type { ProbeKind, ProbeResult } from './results.ts';
import { runProbe } from './run-probe.ts';
import {
  afterOutcome,
  initialState,
  isDue,
  nextTickIn,
  type ProbedContainer,
  type ProbeSettings,
  type ProbeState,
  retryDelay,
  stateFor,
} from './threshold.ts';

const log = createLogger('container-probe.ts');

/** The first retry of a container that is not ready yet, in milliseconds. A process costs more than a connection. */
const firstRetryMs = { network: 10, exec: 100 };

/** What all probes of a kubelet share. */
export interface ProbePorts extends ExecProbePorts {
  /** When the kubelet started, in milliseconds since the epoch. */
  startedAt: number;
  events: Recorder;
}

/** The place of a probe in a pod. */
export interface ProbePlace {
  pod: Pod;
  container: Container;
  kind: ProbeKind;
  probe: Probe;
}

/** Runs one probe until it is stopped. Keeps no timer while there is nothing to find out. */
export class ContainerProbe {
  readonly place: ProbePlace;
  readonly #ports: ProbePorts;
  readonly #onResult: () => void;
  readonly #settings: ProbeSettings;
  readonly #counters = new ProbeCounters();
  #state: ProbeState;
  #container: ProbedContainer | undefined;
  #started = false;
  #podIp = '';
  /** The time of the tick that the next ones are counted from, on the clock of performance.now(). */
  #phase = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #run: AbortController | undefined;
  /** True when a run was asked for during another one. */
  #again = false;
  #retries = 0;
  /** When an event was last recorded, on the clock of performance.now(). */
  #recordedAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  /** Calls `onResult` when the result has changed by a run. */
  constructor(place: ProbePlace, ports: ProbePorts, onResult: () => void) {
    const { initialDelaySeconds = 0, periodSeconds, successThreshold, failureThreshold } = place.probe;
    this.place = place;
    this.#ports = ports;
    this.#onResult = onResult;
    this.#settings = {
      initialDelayMs: initialDelaySeconds * 1000,
      periodMs: periodSeconds * 1000,
      successThreshold,
      failureThreshold,
    };
    this.#state = initialState(place.kind);
  }

  /** The result for the container with this id; undefined for another container. */
  resultFor(containerId: string): ProbeResult | undefined {
    return containerId === this.#state.containerId ? this.#state.result : undefined;
  }

  /** The container that the result is about. */
  get containerId(): string | undefined {
    return this.#state.containerId;
  }

  /** The counts of this probe's runs. */
  metrics(): ProbeMetrics {
    const { pod, container, kind } = this.place;
    const { name, namespace, uid } = pod.metadata;
    const labels = {
      probe_type: probeTypes[kind],
      container: container.name,
      pod: name,
      namespace,
      pod_uid: uid,
    };
    return { labels, ...this.#counters.read() };
  }

  /**
   * Takes note of the container as it is now; `recorded` is asked for the result of a container that is seen for the
   * first time.
   */
  observe(
    container: ProbedContainer | undefined,
    started: boolean,
    podIp: string,
    recorded: (containerId: string) => ProbeResult | undefined,
  ): void {
    if (this.#stopped) return;
    const { kind } = this.place;
    if (container && container.id !== this.#state.containerId) {
      this.#cancel();
      this.#state = stateFor(kind, container.id, recorded(container.id));
      this.#retries = 0;
      this.#spread(container);
    }
    this.#container = container;
    this.#started = started;
    this.#podIp = podIp;
    if (!this.#isDue()) this.#cancel();
    else if (!this.#timer && !this.#run) this.#schedule(this.#firstDelay());
  }

  /** Runs the readiness probe of a container that is not ready now: something about its pod has changed. */
  nudge(): void {
    if (!this.#isEager() || !this.#isDue() || this.#untilEligible() > 0) return;
    if (this.#run) this.#again = true;
    else this.#schedule(0);
  }

  /** Stops for good; a run that is under way is cancelled. The last result stays. */
  stop(): void {
    this.#stopped = true;
    this.#container = undefined;
    this.#cancel();
  }

  /** Spreads the probes of containers that a kubelet finds when it starts over their periods. */
  #spread({ startedAt }: ProbedContainer): void {
    const { periodMs } = this.#settings;
    const { startedAt: kubeletStart } = this.#ports;
    if (startedAt >= kubeletStart || Date.now() - kubeletStart >= periodMs) return;
    this.#phase = performance.now() + Math.random() * periodMs;
  }

  #isDue(): boolean {
    return isDue(this.place.kind, this.#state, this.#container, this.#started);
  }

  /** Whether to probe more often than the period says: nothing depends on failures before the first success. */
  #isEager(): boolean {
    return this.place.kind === 'readiness' && this.#state.result !== 'success';
  }

  /** Milliseconds until the initial delay of the container is over. */
  #untilEligible(): number {
    const { initialDelayMs } = this.#settings;
    // A clock that is set back makes no delay longer.
    const age = Math.max(0, Date.now() - (this.#container?.startedAt ?? 0));
    return Math.max(0, initialDelayMs - age);
  }

  #firstDelay(): number {
    const now = performance.now();
    const eligibleIn = this.#untilEligible();
    if (this.#isEager()) return Math.max(eligibleIn, this.#phase - now);
    return nextTickIn(this.#phase, this.#settings.periodMs, now + eligibleIn, now);
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        if (delayMs > maxTimerMs) this.#schedule(delayMs - maxTimerMs);
        else void this.#probe();
      },
      Math.min(delayMs, maxTimerMs),
    );
  }

  #cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#again = false;
    this.#run?.abort();
    this.#run = undefined;
  }

  async #probe(): Promise<void> {
    const container = this.#container;
    if (!container) return;
    const run = new AbortController();
    this.#run = run;
    const begun = performance.now();
    const outcome = await this.#outcome(container.id, run.signal);
    if (run.signal.aborted) return;
    this.#run = undefined;
    const before = this.#state.result;
    if (outcome) {
      this.#counters.add(outcome, (performance.now() - begun) / 1000);
      this.#state = afterOutcome(this.place.kind, this.#state, outcome, this.#settings);
    }
    // The listener may observe, which schedules: so it is called last.
    this.#scheduleAfter(begun);
    if (this.#state.result !== before) this.#onResult();
  }

  #scheduleAfter(begun: number): void {
    const again = this.#again;
    this.#again = false;
    if (this.#isDue()) this.#schedule(Math.max(0, this.#nextTick(begun, again) - performance.now()));
  }

  /** When to run after the run that begun at `begun`, on the clock of performance.now(). */
  #nextTick(begun: number, again: boolean): number {
    const { periodMs } = this.#settings;
    if (this.#isEager()) {
      this.#phase = begun;
      if (again) return begun;
      const first = this.place.probe.exec ? firstRetryMs.exec : firstRetryMs.network;
      this.#retries += 1;
      return begun + retryDelay(first, this.#retries - 1, periodMs);
    }
    this.#retries = 0;
    // A run that took longer than the period is followed by the next one at once.
    this.#phase = Math.max(begun + periodMs, performance.now());
    return this.#phase;
  }

  /** Undefined when the run found nothing out. */
  async #outcome(containerId: string, signal: AbortSignal): Promise<'success' | 'failure' | undefined> {
    const { pod, container, kind, probe } = this.place;
    const about = () => ({
      probeType: probeTypes[kind],
      pod: podKey(pod),
      podUID: pod.metadata.uid,
      containerName: container.name,
    });
    try {
      const target = { probe, container, containerId, podIp: this.#podIp };
      const { result, output } = await runProbe(target, this.#ports, signal);
      if (result === 'failure') {
        log.v(1, 'Probe failed', { ...about(), probeResult: 'failure', output });
        this.#record('Unhealthy', `${probeTypes[kind]} probe failed: ${output}`);
      } else if (result === 'warning') {
        log.v(3, 'Probe succeeded with a warning', { ...about(), output });
        this.#record('ProbeWarning', `${probeTypes[kind]} probe warning: ${output}`);
      }
      return result === 'failure' ? 'failure' : 'success';
    } catch (error) {
      if (!signal.aborted) {
        log.v(1, 'Probe errored', { ...about(), err: error });
        const told = `${probeTypes[kind]} probe errored and resulted in unknown state: ${rpcErrorText(error)}`;
        this.#record('Unhealthy', told);
      }
      return undefined;
    }
  }

  /** Records an event; of the early tries of a container that is not ready, at most one in a period. */
  #record(reason: string, message: string): void {
    const { pod, container } = this.place;
    const now = performance.now();
    if (this.#isEager() && now - this.#recordedAt < this.#settings.periodMs / 2) return;
    this.#recordedAt = now;
    this.#ports.events.record(aboutContainer(pod, container.name), 'Warning', reason, message);
  }
}
