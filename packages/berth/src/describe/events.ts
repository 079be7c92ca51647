// The events of a pod as a table, in the columns of `kubectl describe`. Pure.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { age } from '../pods/table.ts';
import { formatTable } from '../terminal/table.ts';

/** The lines of the table, in the order of the last occurrences. */
export function eventTable(events: readonly v1.Event[], now: Date): string[] {
  const at = ({ lastTimestamp }: v1.Event) => Date.parse(lastTimestamp ?? '');
  // The times have whole seconds; within one, the kubelet's order stays.
  const sorted = events.toSorted((one, other) => at(one) - at(other));
  const rows = sorted.map((event) => [
    event.type ?? '',
    event.reason ?? '',
    ageText(event, now),
    event.source?.component ?? event.reportingComponent ?? '',
    messageText(event),
  ]);
  const header = ['Type', 'Reason', 'Age', 'From', 'Message'];
  const rule = header.map((title) => '-'.repeat(title.length));
  return formatTable([header, rule, ...rows])
    .split('\n')
    .map((line) => `  ${line}`);
}

/** `5s`, or `5s (x3 over 2m)` of an event that occurred several times. */
function ageText({ count = 1, firstTimestamp = '', lastTimestamp = '' }: v1.Event, now: Date): string {
  const since = (time: string) => age(now.getTime() - Date.parse(time));
  return count > 1
    ? `${since(lastTimestamp)} (x${count} over ${since(firstTimestamp)})`
    : since(firstTimestamp);
}

function messageText({ message = '', involvedObject: { fieldPath } }: v1.Event): string {
  // One line, so that the table stays one.
  const text = message.trim().replaceAll('\n', ' ');
  return fieldPath ? `${fieldPath}: ${text}` : text;
}
