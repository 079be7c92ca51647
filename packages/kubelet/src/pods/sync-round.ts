// Carries out the steps of one round for a pod, in order, and keeps what becomes known on the way.

import { mkdirSync } from 'node:fs';
import { untilAborted } from '@berth/common/abort.ts';
import { messageOf } from '@berth/common/error-message.ts';
import type { DeepPartial, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import { type Container, type Pod, podKey } from '../api/pod.ts';
import { crashBackoffKey, crashLoopMessage } from '../backoff/crash-loop.ts';
import { createLogger } from '../klog/klog.ts';
import type { PresentImage } from '../kubecontainer/present-image.ts';
import { latestContainer, type PodRuntimeStatus, runtimePodIps } from '../kubecontainer/runtime-status.ts';
import { StartError } from '../kubecontainer/start-error.ts';
import { dnsSettings } from '../kuberuntime/dns-settings.ts';
import { killContainer } from '../kuberuntime/kill-container.ts';
import { killPod, removeContainer } from '../kuberuntime/kill-pod.ts';
import { tellWarnings } from '../kuberuntime/runtime-warnings.ts';
import { type ContainerPlace, startContainer } from '../kuberuntime/start-container.ts';
import { podLogDir } from '../paths/pod-paths.ts';
import { sandboxConfig } from '../sandbox/sandbox-config.ts';
import type { StartFailure } from '../status/container-status.ts';
import { setUpVolumes } from '../volumes/pod-dir.ts';
import type { PodAction } from './actions/actions.ts';
import type { Services } from './services.ts';

const log = createLogger('sync-round.ts');

/** What a worker knows of its pod between two rounds. */
export interface SyncState {
  /** Why containers wait, by name: shown in the status until they run. */
  failures: Map<string, StartFailure>;
  deadlineExceeded: boolean;
  /** True when the runtime cannot have anything of the pod yet, so that it need not be asked. */
  isNew: boolean;
  /** Aborted when the pod shall end: the round stops at its next step. */
  signal: AbortSignal;
  /** Called with what is known while a round goes on. */
  onStatus: (status: PodRuntimeStatus) => void;
}

/** The steps of one round, and what they find on the way. */
export class SyncRound {
  /** When a back-off ends, in milliseconds since the epoch. */
  nextAt: number | undefined;
  /** True when something failed that has no time of its own for another attempt. */
  retry = false;
  readonly #pod: Pod;
  readonly #state: SyncState;
  readonly #services: Services;
  readonly #images = new Map<string, Promise<PresentImage>>();
  /** What is known of the pod, as the steps change it. */
  status: PodRuntimeStatus;
  /** False once a step had effects that `status` does not show. */
  isKnown = true;
  #volumes: Map<string, string> | undefined;

  constructor(pod: Pod, status: PodRuntimeStatus, state: SyncState, services: Services) {
    this.#pod = pod;
    this.status = status;
    this.#state = state;
    this.#services = services;
  }

  /** Carries out the steps in their order, as far as they still make sense. Throws when the runtime does not answer. */
  async run(actions: PodAction[]): Promise<void> {
    const starts = actions.filter((action) => action.do === 'start-container');
    const makes = starts.length > 0 || actions.some((action) => action.do === 'create-sandbox');
    for (const action of actions) if (action.do === 'back-off') this.#backOff(action);
    if (makes && !(await this.#prepare(starts.map(({ name }) => name)))) return;
    for (const action of actions) {
      if (this.#state.signal.aborted) return;
      if (!(await this.#carryOut(action))) return;
    }
  }

  /** Does one step; false when those after it make no sense now. */
  async #carryOut(action: PodAction): Promise<boolean> {
    const { terminationGracePeriodSeconds: grace } = this.#pod.spec;
    if (action.do === 'kill-pod' || action.do === 'kill-container' || action.do === 'remove-container') {
      this.isKnown = false;
    }
    switch (action.do) {
      case 'kill-pod':
        log.info('Killing pod', { pod: podKey(this.#pod), reason: action.reason });
        await killPod(this.status, grace, this.#services);
        return true;
      case 'kill-container':
        log.info('Killing container', {
          pod: podKey(this.#pod),
          containerName: action.name,
          reason: action.reason,
        });
        await killContainer(action, grace, this.#services);
        return true;
      case 'remove-container':
        await removeContainer(this.#pod.metadata, action, this.#services);
        return true;
      case 'create-sandbox':
        return this.#createSandbox(action.attempt);
      case 'start-container':
        await this.#start(action);
        return true;
      case 'back-off':
        return true;
    }
  }

  /** Has the images looked for, and meanwhile makes volumes and cgroup. False when the pod cannot go on. */
  async #prepare(names: string[]): Promise<boolean> {
    const { options, cgroups, hasGroupsPolicy } = this.#services;
    try {
      if (this.#pod.spec.securityContext.supplementalGroupsPolicy === 'Strict' && !hasGroupsPolicy) {
        throw new Error(
          'spec.securityContext.supplementalGroupsPolicy: SupplementalGroupsPolicy=Strict is not supported in this node: its container runtime is too old',
        );
      }
      const config = this.#sandboxConfig(this.status.sandboxes[0]?.attempt ?? 0);
      for (const name of names) {
        const image = this.#services.images.ensure(this.#pod, this.#container(name), config);
        // A failure is looked at when it is the container's turn, which may never come.
        image.catch(() => {});
        this.#images.set(name, image);
      }
      this.#volumes = setUpVolumes(this.#pod, options, this.#services.memoryVolumes);
      await cgroups.ensure(this.#pod);
      mkdirSync(podLogDir(options, this.#pod.metadata), { recursive: true, mode: 0o755 });
      return true;
    } catch (error) {
      this.#cannotRun(messageOf(error));
      log.error('Failed to prepare pod', { err: error, pod: podKey(this.#pod) });
      return false;
    }
  }

  async #createSandbox(attempt: number): Promise<boolean> {
    const { runtime, creations } = this.#services;
    try {
      const config = this.#sandboxConfig(attempt);
      const { podSandboxId } = await creations.run(() => runtime.runPodSandbox({ config }));
      if (config.portMappings?.some(({ hostPort }) => hostPort)) {
        await tellWarnings(runtime, { podSandboxId, pod: podKey(this.#pod) }, log);
      }
      const sandbox = await this.#services.pods.sandbox(podSandboxId);
      if (!sandbox) throw new Error(`sandbox ${podSandboxId} is gone right after its creation`);
      const former = this.status.sandboxes.map((each) => ({ ...each, ready: false }));
      this.#see({ ...this.status, sandboxes: [sandbox, ...former] });
      return true;
    } catch (error) {
      this.#cannotRun(`Failed to create pod sandbox: ${messageOf(error)}`);
      log.error('Failed to create sandbox for pod', { err: error, pod: podKey(this.#pod) });
      return false;
    }
  }

  #see(status: PodRuntimeStatus): void {
    this.status = status;
    this.#state.onStatus(status);
  }

  async #start(action: PodAction & { do: 'start-container' }): Promise<void> {
    const { failures, signal } = this.#state;
    const container = this.#container(action.name);
    try {
      const place = this.#place();
      const image = await untilAborted(this.#image(action.name), signal);
      const latest = latestContainer(this.status, action.name);
      // Counted before the attempt, because one that fails to start shall wait longer too.
      if (latest?.state === 'exited') {
        this.#services.crashBackoff.next(
          crashBackoffKey(this.#pod.metadata, action.name),
          latest.finishedAt,
          Date.now(),
        );
      }
      const id = await this.#services.creations.run(() =>
        startContainer(this.#pod, container, image, action.restartCount, place, this.#services),
      );
      failures.delete(action.name);
      const started = await this.#services.pods.container(id, place.sandboxId);
      if (started) this.#see({ ...this.status, containers: [started, ...this.status.containers] });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof StartError)) throw error;
      failures.set(action.name, { reason: error.reason, message: error.message });
      this.isKnown = false;
      if (error.retryAt === undefined) this.retry = true;
      else this.#lookAgain(error.retryAt);
      log.error('Failed to start container', {
        err: error,
        pod: podKey(this.#pod),
        containerName: action.name,
        reason: error.reason,
      });
    }
  }

  #backOff({ name, wait }: PodAction & { do: 'back-off' }): void {
    const message = crashLoopMessage(this.#pod.metadata, name, wait.delayMs);
    if (this.#state.failures.get(name)?.message !== message) {
      log.info('Back-off restarting failed container', { pod: podKey(this.#pod), containerName: name });
    }
    this.#state.failures.set(name, { reason: 'CrashLoopBackOff', message });
    this.#lookAgain(wait.until);
  }

  /** Shows on every container that is not running why the pod as a whole does not come up. */
  #cannotRun(message: string): void {
    this.retry = true;
    this.isKnown = false;
    const reason = 'ContainerCreating';
    for (const { name } of [...(this.#pod.spec.initContainers ?? []), ...this.#pod.spec.containers]) {
      if (latestContainer(this.status, name) === undefined)
        this.#state.failures.set(name, { reason, message });
    }
  }

  #lookAgain(at: number): void {
    this.nextAt = Math.min(this.nextAt ?? at, at);
  }

  #image(name: string): Promise<PresentImage> {
    return this.#images.get(name) ?? Promise.reject(new Error(`nobody looked for the image of ${name}`));
  }

  #place(): ContainerPlace {
    const [sandbox] = this.status.sandboxes;
    if (!sandbox || !this.#volumes) throw new Error('the pod has no sandbox');
    return {
      sandboxId: sandbox.id,
      sandboxConfig: this.#sandboxConfig(sandbox.attempt),
      podIps: runtimePodIps(this.status),
      volumes: this.#volumes,
    };
  }

  #sandboxConfig(attempt: number): DeepPartial<PodSandboxConfig> {
    const { options, cgroups } = this.#services;
    const dns = dnsSettings(options);
    return sandboxConfig(this.#pod, attempt, { options, dns, cgroupParent: cgroups.parentOf(this.#pod) });
  }

  #container(name: string): Container {
    const all = [...(this.#pod.spec.initContainers ?? []), ...this.#pod.spec.containers];
    const container = all.find((each) => each.name === name);
    if (!container) throw new Error(`the pod has no container ${name}`);
    return container;
  }
}
