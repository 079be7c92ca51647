// Tells that a pod's sandbox cannot be made.
import { messageOf } from '@berth/common/error-message.ts';
import type { Pod } from '../../api/pod.ts';
import { aboutPod, type Recorder } from '../../events/event.ts';
import { rpcErrorText } from '../../kubecontainer/rpc-error-text.ts';

/** Records the event, which has the code of a failed call, and returns the text for statuses, which has not. */
export function tellSandboxFailure(events: Recorder, pod: Pod, error: unknown): string {
  const failed = 'Failed to create pod sandbox';
  events.record(aboutPod(pod), 'Warning', 'FailedCreatePodSandBox', `${failed}: ${rpcErrorText(error)}`);
  return `${failed}: ${messageOf(error)}`;
}
