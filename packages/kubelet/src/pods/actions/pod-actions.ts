// Decides the steps that bring the runtime to a pod's specification: a pure function from the desired and the current
// state to a list of steps. Only pods/effects/ executes them.
// The rules are those of https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/.
import { containersOfKind } from '../../api/each-container.ts';
import type { Pod } from '../../api/pod.ts';
import { shouldRestart } from '../../containers/restart-policy.ts';
import { containerHash } from '../../kubecontainer/container-hash.ts';
import { latestContainer, type PodRuntimeStatus } from '../../kubecontainer/runtime-status.ts';
import { sandboxChange } from '../../sandbox/sandbox-change.ts';
import { killReason } from '../end/pod-end.ts';
import { type ActionContext, kill, type PodAction, remove, start, startOrBackOff } from './actions.ts';
import { initActions } from './init-actions.ts';

/** The steps that bring the pod to its specification; none when it matches already. */
export function podActions(pod: Pod, status: PodRuntimeStatus, context: ActionContext): PodAction[] {
  if (context.end !== undefined) return killPod(status, killReason(context.end));
  const sandbox = sandboxChange(pod, status);
  if (sandbox.verdict === 'replace') {
    return inNewSandbox(pod, status, context, sandbox.attempt, sandbox.reason);
  }
  const init = initActions(pod, status, context);
  if (init.verdict === 'failed') return killPod(status, `init container ${init.name} failed`);
  if (init.verdict === 'in progress') return init.actions;
  return regularActions(pod, status, context);
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
    return !(pod.spec.restartPolicy === 'OnFailure' && succeeded);
  });
  const initialized = pod.spec.containers.some((container) => latestContainer(status, container.name));
  if (wanted.length === 0 && initialized) return kill;

  const init = containersOfKind(pod.spec, 'init').map(({ container }) => container);
  const initNames = new Set(init.map(({ name }) => name));
  const purge = status.containers.filter((container) => initNames.has(container.name)).map(remove);
  const [firstInit] = init;
  const starts = firstInit
    ? startOrBackOff(firstInit, 'init', latestContainer(status, firstInit.name), context)
    : wanted.flatMap((each) => startOrBackOff(each, 'regular', latestContainer(status, each.name), context));
  return [...kill, ...purge, { do: 'create-sandbox', attempt }, ...starts];
}

/** Keeps, restarts or ends the containers of an initialized pod. */
function regularActions(pod: Pod, status: PodRuntimeStatus, context: ActionContext): PodAction[] {
  const actions: PodAction[] = [];
  let alive = 0;
  for (const container of pod.spec.containers) {
    const latest = latestContainer(status, container.name);
    if (latest?.state === 'running') {
      alive += 1;
      if (latest.hash === containerHash(container)) continue;
      actions.push(kill(latest, `Container ${container.name} definition changed, will be restarted`));
      actions.push(start(container, 'regular', latest));
    } else if (shouldRestart(pod, latest)) {
      alive += 1;
      if (latest?.state === 'unknown') {
        actions.push(kill(latest, 'Container is in "unknown" state, try killing it before restart'));
      }
      actions.push(...startOrBackOff(container, 'regular', latest, context));
    }
  }
  return alive === 0 ? killPod(status, 'all containers of the pod have ended') : actions;
}

/** The step that stops all running containers and ready sandboxes; none when there are none. */
function killPod(status: PodRuntimeStatus, reason: string): PodAction[] {
  const alive =
    status.sandboxes.some((sandbox) => sandbox.ready) ||
    status.containers.some((each) => each.state === 'running' || each.state === 'unknown');
  return alive ? [{ do: 'kill-pod', reason }] : [];
}
