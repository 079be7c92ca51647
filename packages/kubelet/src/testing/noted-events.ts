// A recorder of events for unit tests.
import type { Recorder, VolumeRecorder } from '../events/event.ts';

/**
 * Notes events as lines: `Warning FailedMount default/p: MESSAGE`, with the container's field before the message; those of a
 * persistent volume with its name.
 */
export class NotedEvents implements Recorder, VolumeRecorder {
  readonly lines: string[] = [];

  readonly record: Recorder['record'] = (subject, type, reason, message) => {
    if (!subject) return;
    const { pod, fieldPath } = subject;
    const about = [`${pod.namespace}/${pod.name}`, ...(fieldPath ? [fieldPath] : [])].join(' ');
    this.lines.push(`${type} ${reason} ${about}: ${message}`);
  };

  readonly recordOfVolume: VolumeRecorder['recordOfVolume'] = ({ name }, type, reason, message) => {
    this.lines.push(`${type} ${reason} ${name}: ${message}`);
  };
}
