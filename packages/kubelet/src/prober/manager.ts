// Probes the containers of all pods. A pod's worker says what its containers are; a result that changes is told to it.
import { isDeepStrictEqual } from 'node:util';
import { containersOfKind } from '../api/each-container.ts';
import { type Container, type Pod, podKey } from '../api/pod.ts';
import type { Recorder } from '../events/event.ts';
import { createLogger } from '../klog/klog.ts';
import { latestContainer, type PodRuntimeStatus } from '../kubecontainer/runtime-status.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { ContainerProbe, type ProbePorts } from './container-probe.ts';
import type { ExecProbePorts } from './exec.ts';
import type { ProbeMetrics } from './metrics.ts';
import { type ProbeRecord, type RecordedKind, readProbeRecord, writeProbeRecord } from './probe-record.ts';
import type { ProbeKind, ProbeResult, ProbeResults } from './results.ts';
import { hasStarted } from './threshold.ts';

const log = createLogger('manager.ts');

/** The parameters of the prober. */
export interface ProberPorts extends ExecProbePorts {
  options: Pick<KubeletOptions, 'rootDir' | 'runtimeRequestTimeoutMs'>;
  /** Called when a result for a container of the pod has changed by a run of a probe. */
  onChange(uid: string, kind: ProbeKind): void;
  events: Recorder;
}

/** A container of a pod with its probes. */
interface Probed {
  container: Container;
  /** The startup probe is first: it decides whether the others run. */
  probes: ContainerProbe[];
  /** The runtime's newest container of that name. */
  id: string | undefined;
}

interface ProbedPod {
  pod: Pod;
  containers: Probed[];
  record: ProbeRecord;
  terminating: boolean;
}

/** Runs the probes of all pods. */
export class Prober implements ProbeResults {
  readonly #ports: ProberPorts;
  readonly #shared: ProbePorts;
  readonly #pods = new Map<string, ProbedPod>();
  /** Containers with probes, by the runtime's id. */
  readonly #byId = new Map<string, Probed>();

  constructor(ports: ProberPorts) {
    this.#ports = ports;
    const { runtime, options, events } = ports;
    this.#shared = { runtime, options, events, startedAt: Date.now() };
  }

  result(kind: ProbeKind, containerId: string): ProbeResult | undefined {
    const probe = this.#byId.get(containerId)?.probes.find((each) => each.place.kind === kind);
    return probe?.resultFor(containerId);
  }

  /** Takes note of the pod's containers and address; starts and stops its probes accordingly. */
  observe(pod: Pod, status: PodRuntimeStatus, podIp: string | undefined): void {
    const probed = this.#probed(pod);
    for (const each of probed?.containers ?? []) {
      const latest = latestContainer(status, each.container.name);
      if (latest?.id !== each.id) this.#identify(each, latest?.id);
      for (const probe of each.probes) {
        const { kind } = probe.place;
        probe.observe(
          latest && { id: latest.id, running: latest.state === 'running', startedAt: latest.startedAt },
          latest !== undefined && hasStarted(this.result('startup', latest.id)),
          podIp ?? '',
          (id) => (isRecorded(kind) ? probed?.record.get(id)?.[kind] : undefined),
        );
      }
    }
  }

  /** Runs the readiness probes of the pod's containers that are not ready now. */
  nudge(uid: string): void {
    for (const probe of this.#probesOf(uid)) probe.nudge();
  }

  /** Stops the startup and liveness probes of a pod that ends. Its readiness probes go on until `forget`. */
  terminating(uid: string): void {
    const probed = this.#pods.get(uid);
    if (!probed || probed.terminating) return;
    probed.terminating = true;
    for (const probe of this.#probesOf(uid)) if (probe.place.kind !== 'readiness') probe.stop();
  }

  /** Stops all probes of a pod that has ended, and forgets their results. */
  forget(uid: string): void {
    for (const probe of this.#probesOf(uid)) probe.stop();
    for (const each of this.#pods.get(uid)?.containers ?? []) this.#identify(each, undefined);
    this.#pods.delete(uid);
  }

  /** The counts of every probe, for /metrics/probes. */
  metrics(): ProbeMetrics[] {
    return [...this.#pods.keys()].flatMap((uid) => this.#probesOf(uid).map((probe) => probe.metrics()));
  }

  /** Stops all probes. */
  stop(): void {
    for (const uid of [...this.#pods.keys()]) this.forget(uid);
  }

  #probesOf(uid: string): ContainerProbe[] {
    return this.#pods.get(uid)?.containers.flatMap(({ probes }) => probes) ?? [];
  }

  #identify(probed: Probed, id: string | undefined): void {
    if (probed.id !== undefined) this.#byId.delete(probed.id);
    probed.id = id;
    if (id !== undefined) this.#byId.set(id, probed);
  }

  /** The probes of the pod, made when it is seen first; undefined when it has none. */
  #probed(pod: Pod): ProbedPod | undefined {
    const { uid } = pod.metadata;
    const known = this.#pods.get(uid);
    if (known && (known.pod === pod || isDeepStrictEqual(probesIn(known.pod), probesIn(pod)))) {
      known.pod = pod;
      return known;
    }
    this.forget(uid);
    const wanted = probesIn(pod);
    if (wanted.length === 0) return undefined;
    const record = readProbeRecord(this.#ports.options, uid);
    const probed: ProbedPod = { pod, containers: [], record, terminating: false };
    probed.containers = wanted.map(({ container, probes }) => ({
      container,
      id: undefined,
      probes: probes.map(({ kind, probe }) => {
        const made: ContainerProbe = new ContainerProbe({ pod, container, kind, probe }, this.#shared, () =>
          this.#changed(probed, made),
        );
        return made;
      }),
    }));
    this.#pods.set(uid, probed);
    return probed;
  }

  #changed(probed: ProbedPod, { place, containerId }: ContainerProbe): void {
    const { kind, pod } = place;
    const { uid } = pod.metadata;
    if (isRecorded(kind) && containerId !== undefined && !probed.terminating) {
      probed.record = this.#recordOf(probed);
      try {
        writeProbeRecord(this.#ports.options, uid, probed.record);
      } catch (error) {
        log.warn('Cannot record the results of probes', { err: error, pod: podKey(pod), podUID: uid });
      }
    }
    this.#ports.onChange(uid, kind);
  }

  #recordOf({ containers }: ProbedPod): ProbeRecord {
    const record = new Map<string, Partial<Record<RecordedKind, ProbeResult>>>();
    for (const { id } of containers) {
      if (id === undefined) continue;
      const [startup, readiness] = [this.result('startup', id), this.result('readiness', id)];
      record.set(id, { ...(startup && { startup }), ...(readiness && { readiness }) });
    }
    return record;
  }
}

/** Containers that are probed, with their probes in the order of ProbeKind: regular ones and sidecars. */
function probesIn(pod: Pod) {
  const sidecars = containersOfKind(pod.spec, 'init').filter(
    ({ container }) => container.restartPolicy === 'Always',
  );
  return [...sidecars, ...containersOfKind(pod.spec, 'regular')].flatMap(({ container }) => {
    const { startupProbe, readinessProbe, livenessProbe } = container;
    const probes = [
      { kind: 'startup' as const, probe: startupProbe },
      { kind: 'readiness' as const, probe: readinessProbe },
      { kind: 'liveness' as const, probe: livenessProbe },
    ].flatMap(({ kind, probe }) => (probe ? [{ kind, probe }] : []));
    return probes.length > 0 ? [{ container, probes }] : [];
  });
}

function isRecorded(kind: ProbeKind): kind is RecordedKind {
  return kind !== 'liveness';
}
