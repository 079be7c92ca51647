// Starts one container: waits for its image, counts the attempt, creates and starts it.
import { untilAborted } from '@berth/common/abort.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { findContainer } from '../../api/each-container.ts';
import { type Container, type EphemeralContainer, podKey } from '../../api/pod.ts';
import type { CrashLoopBackoff } from '../../backoff/crash-loop.ts';
import { aboutContainer } from '../../events/event.ts';
import { createLogger } from '../../klog/klog.ts';
import type { PresentImage } from '../../kubecontainer/present-image.ts';
import { latestContainer, runtimePodIps } from '../../kubecontainer/runtime-status.ts';
import { StartError, type StartFailure } from '../../kubecontainer/start-error.ts';
import type { RuntimePods } from '../../kuberuntime/runtime-pods.ts';
import type { SandboxConfigOf } from '../../kuberuntime/sandbox-config-of.ts';
import {
  type ContainerPlace,
  type StartContainerPorts as CreatePorts,
  startContainer,
} from '../../kuberuntime/start.ts';
import { type StopContainerPorts, stopContainer } from '../../kuberuntime/stop.ts';
import { runHook } from '../../lifecycle/run-hook.ts';
import type { UserNamespaces } from '../../userns/user-namespaces.ts';
import { lastEnded } from '../actions/actions.ts';
import type { Creations } from './creations.ts';
import type { Effect } from './effect.ts';
import type { PodView, Prepared } from './view.ts';

const log = createLogger('start-container.ts');

/** The parameters of starting a container. */
export interface StartContainerPorts extends CreatePorts, StopContainerPorts {
  runtime: CreatePorts['runtime'] & StopContainerPorts['runtime'];
  options: CreatePorts['options'];
  pods: Pick<RuntimePods, 'container'>;
  crashLoop: Pick<CrashLoopBackoff, 'restarts'>;
  creations: Pick<Creations, 'run'>;
  sandboxConfigOf: SandboxConfigOf;
  users: Pick<UserNamespaces, 'idsOf'>;
}

/** The effect that starts a container. A failure is shown in its status. */
export function startContainerEffect(ports: StartContainerPorts): Effect<'start-container'> {
  return async ({ name, restartCount }, view, signal) => {
    const { pod, runtime, prepared } = view;
    try {
      const container = findContainer(pod.spec, name);
      const pull = prepared?.images.get(name);
      if (!container || !prepared || !pull) throw new Error(`container ${name} was not prepared`);
      const image = await untilAborted(pull, signal);
      const imageVolumes = await untilAborted(mountedImages(container, prepared), signal);
      const place = { ...placeIn(view, container, ports), imageVolumes };
      const ended = lastEnded(runtime, name);
      // Count before the attempt, so that a failure to start also lengthens the back-off.
      if (ended) ports.crashLoop.restarts(pod.metadata.uid, container, ended.finishedAt, Date.now());
      const id = await ports.creations.run(
        () => startContainer(pod, container, image, restartCount, place, ports),
        signal,
      );
      const started = await ports.pods.container(id, place.sandboxId);
      const failure = await postStart(view, container, id, ports, signal);
      if (failure) return { result: 'container-failed', name, failure, retryAt: undefined };
      return { result: 'container-started', name, container: started };
    } catch (error) {
      if (signal.aborted) return { result: 'aborted' };
      if (!(error instanceof StartError)) throw error;
      log.error('Failed to start container', {
        err: error,
        pod: podKey(pod),
        containerName: name,
        reason: error.reason,
      });
      ports.events.record(aboutContainer(pod, name), 'Warning', 'Failed', `Error: ${told(error, name)}`);
      const failure = { reason: error.reason, message: error.message };
      return { result: 'container-failed', name, failure, retryAt: error.retryAt };
    }
  };
}

/** What the event of a failed start says: of an image its reason, since its own event has the message. Pure. */
function told({ reason, message }: StartError, name: string): string {
  if (imageReasons.has(reason)) return reason;
  // Equal events are counted, so the id of this attempt must not make them differ.
  return reason === 'RunContainerError' ? message.replaceAll(/\b[0-9a-f]{64}\b/g, name) : message;
}

const imageReasons: ReadonlySet<StartFailure['reason']> = new Set([
  'InvalidImageName',
  'ImageInspectError',
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImagePullBackOff',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]);

/**
 * Runs the postStart hook of a container that was started, and stops the container when the hook fails. Throws when
 * `signal` fires first: the next kubelet takes such a container for started, as the real one does.
 */
async function postStart(
  { pod, runtime }: PodView,
  container: Container,
  id: string,
  ports: StartContainerPorts,
  signal: AbortSignal,
): Promise<StartFailure | undefined> {
  const hook = container.lifecycle?.postStart;
  if (!hook) return undefined;
  const podIp = pod.spec.hostNetwork ? ports.options.nodeIps[0] : runtimePodIps(runtime)[0];
  try {
    await runHook(hook, { pod: pod.metadata, id, container, podIp }, ports, signal);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    log.error('Failed to execute PostStartHook', {
      err: error,
      pod: podKey(pod),
      containerName: container.name,
    });
    // Without the error, which may quote a secret of the server.
    const subject = aboutContainer(pod, container.name);
    ports.events.record(subject, 'Warning', 'FailedPostStartHook', 'PostStartHook failed');
    const stopping = { identity: pod.metadata, pod, status: runtime };
    const grace = pod.spec.terminationGracePeriodSeconds;
    const why = 'FailedPostStartHook';
    await stopContainer(stopping, { id, name: container.name }, grace, ports, { why });
    return { reason: 'PostStartHookError', message: messageOf(error) };
  }
}

/** The sandbox and volumes of the container. */
function placeIn(
  { pod, runtime, prepared, restartCounts }: PodView,
  { name, targetContainerName: target }: EphemeralContainer,
  { sandboxConfigOf, users }: Pick<StartContainerPorts, 'sandboxConfigOf' | 'users'>,
): Omit<ContainerPlace, 'imageVolumes'> {
  const [sandbox] = runtime.sandboxes;
  if (!sandbox || !prepared) throw new Error('the pod has no sandbox');
  return {
    sandboxId: sandbox.id,
    sandboxConfig: sandboxConfigOf(pod, sandbox.attempt, prepared.volumes),
    ids: users.idsOf(pod),
    podIps: runtimePodIps(runtime),
    targetId: target ? latestContainer(runtime, target)?.id : undefined,
    leastRestartCount: (restartCounts.get(name) ?? -1) + 1,
    volumes: prepared.volumes,
  };
}

/** The images that the container mounts, by volume. Throws StartError when one of them could not be pulled. */
async function mountedImages(
  { volumeMounts = [] }: Container,
  { imageVolumes }: Prepared,
): Promise<Map<string, PresentImage>> {
  const images = new Map<string, PresentImage>();
  for (const { name } of volumeMounts) {
    const pulled = await imageVolumes.get(name);
    if (pulled) images.set(name, pulled);
  }
  return images;
}
