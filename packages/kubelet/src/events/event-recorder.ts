// The events of this kubelet: logs each, keeps the newest of its pods in memory, and has all delivered.
import { cut } from '@berth/common/printable.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { dnsSubdomain } from '../api/names.ts';
import { createLogger } from '../klog/klog.ts';
import { type CorrelatedEvent, Correlator } from './correlator.ts';
import {
  type EventSubject,
  type EventType,
  type NodeRecorder,
  type RecordedEvent,
  type Recorder,
  referenceTo,
  type VolumeRecorder,
  type VolumeReference,
} from './event.ts';
import { EventLog } from './event-log.ts';

const log = createLogger('event-recorder.ts');

/** Characters of a message that are kept: a probe may quote 10 KiB. */
const maxMessage = 1024;

/** Records events, and lists those of pods. */
export class EventRecorder implements Recorder, NodeRecorder, VolumeRecorder {
  readonly #nodeName: string;
  readonly #deliver: (event: CorrelatedEvent) => void;
  readonly #correlator = new Correlator();
  readonly #kept = new EventLog();
  /** Nanoseconds of the newest name: two events of one millisecond have different names. */
  #lastStamp = 0n;

  /** `deliver`: takes each event that the spam filter lets pass. */
  constructor(nodeName: string, deliver: (event: CorrelatedEvent) => void = () => {}) {
    this.#nodeName = nodeName;
    this.#deliver = deliver;
  }

  record(
    subject: EventSubject | undefined,
    type: EventType,
    reason: string,
    text: string,
    annotations?: Readonly<Record<string, string>>,
  ): void {
    if (!subject) return;
    const said = { type, reason, message: cut(text, maxMessage) };
    const correlated = this.#record(referenceTo(subject), said, annotations);
    if (correlated) this.#kept.put(correlated);
  }

  recordOfNode(type: EventType, reason: string, text: string, uid?: string): void {
    const reference = {
      kind: 'Node',
      name: this.#nodeName,
      ...(uid !== undefined && { uid }),
      apiVersion: 'v1',
    };
    this.#record(reference, { type, reason, message: cut(text, maxMessage) });
  }

  recordOfVolume(
    { name, uid, resourceVersion }: VolumeReference,
    type: EventType,
    reason: string,
    text: string,
  ): void {
    const reference = { kind: 'PersistentVolume', name, uid, apiVersion: 'v1', resourceVersion };
    this.#record(reference, { type, reason, message: cut(text, maxMessage) });
  }

  /** The events of pods in the order of their last occurrence; of one pod when `key` is its namespace/name. */
  list(key?: string): RecordedEvent[] {
    const events = this.#kept.list();
    return key === undefined
      ? events
      : events.filter(({ involvedObject: { namespace, name } }) => key === `${namespace}/${name}`);
  }

  #record(
    reference: v1.ObjectReference,
    said: Pick<RecordedEvent, 'type' | 'reason' | 'message'>,
    annotations?: Readonly<Record<string, string>>,
  ): CorrelatedEvent | undefined {
    const { kind, namespace, name = '', fieldPath = '', apiVersion } = reference;
    const object = namespace === undefined ? name : `${namespace}/${name}`;
    log.v(3, 'Event occurred', { object, fieldPath, kind, apiVersion, ...said });
    const now = Date.now();
    const stamp = BigInt(now) * 1_000_000n;
    this.#lastStamp = stamp > this.#lastStamp ? stamp : this.#lastStamp + 1n;
    const event = newEvent(reference, said, { host: this.#nodeName, now, stamp: this.#lastStamp });
    if (annotations) event.metadata.annotations = { ...annotations };
    const correlated = this.#correlator.correlate(event, now);
    if (correlated) this.#deliver(correlated);
    return correlated;
  }
}

/** An event that occurs for the first time. It is named by the object and a time in nanoseconds. */
export function newEvent(
  involvedObject: v1.ObjectReference,
  said: Pick<RecordedEvent, 'type' | 'reason' | 'message'>,
  { host, now, stamp = BigInt(now) * 1_000_000n }: { host: string; now: number; stamp?: bigint },
): RecordedEvent {
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
  const name = `${involvedObject.name}.${stamp.toString(16)}`;
  return {
    metadata: {
      name: dnsSubdomain(name) === undefined ? name : crypto.randomUUID(),
      namespace: involvedObject.namespace || 'default',
    },
    involvedObject,
    ...said,
    source: { component: 'kubelet', host },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
    reportingComponent: 'kubelet',
    reportingInstance: host,
  };
}
