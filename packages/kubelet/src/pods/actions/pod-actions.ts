// Decides the steps that bring the runtime to a pod's specification: a pure function from the desired and the current
// state to a list of steps. Only pods/effects/ executes them.
// The rules are those of https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/.
import { containersOfKind } from '../../api/each-container.ts';
import type { Container, Pod } from '../../api/pod.ts';
import { restartsOnFailure, shouldRestart } from '../../containers/restart-policy.ts';
import { containerHash } from '../../kubecontainer/container-hash.ts';
import {
  latestContainer,
  type PodRuntimeStatus,
  type RuntimeContainer,
} from '../../kubecontainer/runtime-status.ts';
import { sandboxChange } from '../../sandbox/sandbox-change.ts';
import { graceOf, killReason } from '../end/pod-end.ts';
import {
  type ActionContext,
  kill,
  type PodAction,
  probeKill,
  remove,
  resizeKill,
  startOrBackOff,
} from './actions.ts';
import { ephemeralActions } from './ephemeral-actions.ts';
import { initActions, wasInitialized } from './init-actions.ts';
import { isResizedByRestart, withResize } from './resize.ts';
import { restartAllActions } from './restart-all.ts';

/** The steps that bring the pod to its specification; none when it matches already. */
export function podActions(pod: Pod, status: PodRuntimeStatus, context: ActionContext): PodAction[] {
  if (context.end !== undefined) return killPod(status, killReason(context.end), graceOf(context.end));
  const resets = restartAllActions(pod, status);
  if (resets.length > 0) return resets;
  const sandbox = sandboxChange(pod, status);
  if (sandbox.verdict === 'replace') {
    const actions = inNewSandbox(pod, status, context, sandbox.attempt, sandbox.reason);
    return actions.some((action) => action.do === 'start-container')
      ? withResize(actions, pod, status, context.actuated)
      : actions;
  }
  const init = initActions(pod, status, context);
  if (init.verdict === 'failed') return killPod(status, `init container ${init.name} failed`);
  const ephemeral = ephemeralActions(pod, status, context);
  const resized = (actions: readonly PodAction[]): PodAction[] =>
    withResize(killsFirst(actions), pod, status, context.actuated);
  if (init.verdict === 'in progress') return resized([...ephemeral, ...init.actions]);
  const regular = regularActions(pod, status, context);
  if (regular === 'all ended') return killPod(status, 'all containers of the pod have ended');
  return resized([...ephemeral, ...init.actions, ...regular]);
}

/** Restarts the pod in a new sandbox, unless it has finished. */
function inNewSandbox(
  pod: Pod,
  status: PodRuntimeStatus,
  context: ActionContext,
  attempt: number,
  reason: string,
): PodAction[] {
  const kill = killPod(status, reason);
  // With restartPolicy Never, existing containers mean that the pod has already run.
  if (pod.spec.restartPolicy === 'Never' && attempt !== 0 && status.containers.length > 0) return kill;
  const wanted = pod.spec.containers.filter((container) => {
    const latest = latestContainer(status, container.name);
    const succeeded = latest?.state === 'exited' && latest.exitCode === 0;
    return !((container.restartPolicy ?? pod.spec.restartPolicy) === 'OnFailure' && succeeded);
  });
  if (wanted.length === 0 && wasInitialized(pod, status)) return kill;

  const init = containersOfKind(pod.spec, 'init').map(({ container }) => container);
  const initNames = new Set(init.map(({ name }) => name));
  const purge = status.containers
    .filter((container) => initNames.has(container.name))
    .map((each) => remove(each));
  const [firstInit] = init;
  const starts = firstInit
    ? startOrBackOff(firstInit, 'init', status, context)
    : wanted.flatMap((each) => startOrBackOff(each, 'regular', status, context));
  return [...kill, ...purge, { do: 'create-sandbox', attempt }, ...starts];
}

/** Keeps, restarts or ends the containers of an initialized pod. */
function regularActions(
  pod: Pod,
  status: PodRuntimeStatus,
  context: ActionContext,
): PodAction[] | 'all ended' {
  const actions: PodAction[] = [];
  let alive = 0;
  for (const container of pod.spec.containers) {
    const latest = latestContainer(status, container.name);
    const starts = (): PodAction[] => startOrBackOff(container, 'regular', status, context);
    if (latest?.state === 'running') {
      const change = whyKill(pod, container, latest, context);
      if (change) actions.push(change.kills, ...(change.restarts ? starts() : []));
      if (!change || change.restarts) alive += 1;
    } else if (shouldRestart(pod, container, latest)) {
      alive += 1;
      if (latest?.state === 'unknown') {
        actions.push(kill(latest, 'Container is in "unknown" state, try killing it before restart'));
      }
      actions.push(...starts());
    }
  }
  return alive === 0 ? 'all ended' : actions;
}

/** The step that stops a running container, and whether it is restarted; undefined: it runs on. */
function whyKill(
  pod: Pod,
  container: Container,
  latest: RuntimeContainer,
  { probes, actuated }: ActionContext,
): { kills: PodAction; restarts: boolean } | undefined {
  if (latest.hash !== containerHash(container)) {
    const reason = `Container ${container.name} definition changed, will be restarted`;
    return { kills: kill(latest, reason), restarts: true };
  }
  for (const probe of ['liveness', 'startup'] as const) {
    if (probes.result(probe, latest.id) !== 'failure') continue;
    const restarts = restartsOnFailure(pod, container);
    return { kills: probeKill(pod, container, latest, probe), restarts };
  }
  if (isResizedByRestart(pod, container, actuated)) {
    return { kills: resizeKill(container, latest), restarts: true };
  }
  return undefined;
}

/** Kills run before all other steps, so that none waits for the start of another container. */
function killsFirst(actions: readonly PodAction[]): PodAction[] {
  return [
    ...actions.filter((action) => action.do === 'kill-container'),
    ...actions.filter((action) => action.do !== 'kill-container'),
  ];
}

/** The step that stops all running containers and ready sandboxes; none when there are none. */
function killPod(status: PodRuntimeStatus, reason: string, graceSeconds?: number): PodAction[] {
  const alive =
    status.sandboxes.some((sandbox) => sandbox.ready) ||
    status.containers.some((each) => each.state === 'running' || each.state === 'unknown');
  if (!alive) return [];
  return [{ do: 'kill-pod', reason, ...(graceSeconds !== undefined && { graceSeconds }) }];
}
