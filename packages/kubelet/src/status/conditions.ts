// The conditions of a pod.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-conditions
import { isSidecar, workloadContainers } from '../api/each-container.ts';
import type { ContainerStatus, Pod, PodCondition } from '../api/pod.ts';
import type { PodPhase } from '../api/pod-phase.ts';
import { hasRestartAllRule } from '../containers/restart-policy.ts';
import { latestContainer, type PodRuntimeStatus } from '../kubecontainer/runtime-status.ts';
import { sandboxChange } from '../sandbox/sandbox-change.ts';

type Verdict = { status: 'True' | 'False'; reason?: string; message?: string };

/**
 * The conditions that a kubelet owns, in its order. A condition that says the same as in `previous` keeps
 * its transition time; the others turned at `now` (an API timestamp).
 */
export function podConditions(
  pod: Pod,
  runtime: PodRuntimeStatus,
  statuses: {
    init: ContainerStatus[];
    regular: ContainerStatus[];
    phase: PodPhase;
    /** Whether all containers are being restarted together. */
    restartsAll: boolean;
    /** Conditions that others have set through the API server. */
    ofOthers?: readonly PodCondition[];
  },
  previous: readonly PodCondition[],
  now: string,
): PodCondition[] {
  const sidecars = statuses.init.filter(({ name }) => isSidecarOf(pod, name));
  const containersReady = containersReadyVerdict([...sidecars, ...statuses.regular], statuses.phase);
  const verdicts: [type: string, verdict: Verdict][] = [
    ['PodReadyToStartContainers', sandboxVerdict(pod, runtime)],
    ['Initialized', keepInitialized(initializedVerdict(pod, statuses), previous)],
    ['Ready', readyVerdict(pod, containersReady, statuses.ofOthers ?? [])],
    ['ContainersReady', containersReady],
    ['PodScheduled', { status: 'True' }],
  ];
  if (hasRestartAllRule(pod)) {
    verdicts.push(['AllContainersRestarting', restartingVerdict(pod, runtime, statuses)]);
  }
  return verdicts.map(([type, verdict]) => {
    const before = previous.find((condition) => condition.type === type);
    const lastTransitionTime = before?.status === verdict.status ? (before.lastTransitionTime ?? now) : now;
    // The real kubelet does not say of which generation this one is.
    const ofGeneration = type === 'AllContainersRestarting' ? {} : observedGeneration(pod);
    return { type, ...ofGeneration, ...verdict, lastProbeTime: null, lastTransitionTime };
  });
}

/** The generation of the pod that a status or condition is about; none for a manifest without one. */
export function observedGeneration({ metadata }: Pod): { observedGeneration?: number } {
  return metadata.generation ? { observedGeneration: metadata.generation } : {};
}

function sandboxVerdict(pod: Pod, runtime: PodRuntimeStatus): Verdict {
  const change = sandboxChange(pod, runtime);
  if (change.verdict === 'keep') return { status: 'True' };
  return { status: 'False', reason: 'PodSandboxNotReady', message: change.reason };
}

/** Init containers that run again do not take back that a pod was initialized. */
function keepInitialized(verdict: Verdict, previous: readonly PodCondition[]): Verdict {
  const was = previous.find(({ type }) => type === 'Initialized');
  return verdict.status === 'False' && was?.status === 'True' ? { status: 'True' } : verdict;
}

function restartingVerdict(
  pod: Pod,
  runtime: PodRuntimeStatus,
  { phase, restartsAll }: { phase: PodPhase; restartsAll: boolean },
): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const isCleanedUp = !workloadContainers(pod.spec).some(({ container }) =>
    latestContainer(runtime, container.name),
  );
  if (!restartsAll || isCleanedUp) return { status: 'False' };
  const message = 'container exited with restart policy rule';
  return { status: 'True', reason: 'RestartAllContainersStarted', message };
}

/** Whether an init container of this name is a sidecar. */
function isSidecarOf(pod: Pod, name: string): boolean {
  const container = pod.spec.initContainers?.find((each) => each.name === name);
  return container !== undefined && isSidecar(container);
}

function initializedVerdict(
  pod: Pod,
  statuses: { init: ContainerStatus[]; regular: ContainerStatus[]; phase: PodPhase },
): Verdict {
  if (statuses.phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  if (statuses.regular.some((status) => status.state?.running || status.state?.terminated)) {
    return { status: 'True' };
  }
  const incomplete = statuses.init
    .filter((status) => !(isSidecarOf(pod, status.name) ? status.started : status.ready))
    .map((status) => status.name);
  if (incomplete.length === 0) return { status: 'True' };
  const message = `containers with incomplete status: [${incomplete.join(' ')}]`;
  return { status: 'False', reason: 'ContainersNotInitialized', message };
}

/** Readiness gates require conditions that other controllers set through the API server. */
function readyVerdict(pod: Pod, containersReady: Verdict, ofOthers: readonly PodCondition[]): Verdict {
  if (containersReady.status === 'False') return containersReady;
  const messages = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const quoted = JSON.stringify(conditionType);
    const condition = ofOthers.find(({ type }) => type === conditionType);
    if (!condition) return [`corresponding condition of pod readiness gate ${quoted} does not exist.`];
    if (condition.status === 'True') return [];
    return [`the status of pod readiness gate ${quoted} is not "True", but ${condition.status}`];
  });
  if (messages.length === 0) return containersReady;
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}

/** `statuses`: of the sidecars and the regular containers. */
function containersReadyVerdict(statuses: ContainerStatus[], phase: PodPhase): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const unready = statuses.filter((status) => !status.ready).map((status) => status.name);
  if (unready.length === 0) return { status: 'True' };
  const message = `containers with unready status: [${unready.join(' ')}]`;
  return { status: 'False', reason: 'ContainersNotReady', message };
}
