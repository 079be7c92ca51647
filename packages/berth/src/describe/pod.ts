// What `berth describe` prints of a pod, in the words of `kubectl describe pod`. Pure.
import { isObject } from '@berth/common/json/is-object.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { shortName } from '../pods/find.ts';
import { podStatusWord } from '../pods/table.ts';
import { describeContainer, resourceEntries } from './container.ts';
import { eventTable } from './events.ts';
import { type Entry, layOut, mapEntry, timeText } from './text.ts';

/** The description; `events` is undefined when the kubelet tells none. */
export function describePod(pod: v1.Pod, events: readonly v1.Event[] | undefined, now: Date): string {
  const { metadata = {}, spec, status } = pod;
  const entries: Entry[] = [
    ['Name', metadata.name ?? ''],
    ...(shortName(pod) === metadata.name ? [] : [['Name in Manifest', shortName(pod)] as const]),
    ['Namespace', metadata.namespace ?? ''],
    ...numberEntry('Priority', spec?.priority),
    ...textEntry('Runtime Class Name', spec?.runtimeClassName),
    ['Node', [spec?.nodeName, status?.hostIP].filter(Boolean).join('/') || '<none>'],
    ['Start Time', timeText(status?.startTime)],
    mapEntry('Labels', metadata.labels),
    mapEntry('Annotations', metadata.annotations),
    ['Status', podStatusWord(pod)],
    ...textEntry('Reason', status?.reason),
    ...textEntry('Message', status?.message),
    ['IPs', (status?.podIPs ?? []).map(({ ip }) => ip).join(', ') || '<none>'],
    ...podResources(spec),
    ...containerList('Init Containers', spec?.initContainers, status?.initContainerStatuses),
    ...containerList('Containers', spec?.containers, status?.containerStatuses),
    ...containerList('Ephemeral Containers', spec?.ephemeralContainers, status?.ephemeralContainerStatuses),
    ['Conditions', { entries: (status?.conditions ?? []).map(conditionEntry) }],
    ['Volumes', volumes(spec)],
    ['QoS Class', status?.qosClass ?? ''],
    ['Restart Policy', spec?.restartPolicy ?? ''],
    mapEntry('Node-Selectors', spec?.nodeSelector),
  ];
  const told = events === undefined ? '<unknown>' : events.length === 0 ? '<none>' : undefined;
  const last =
    told === undefined ? ['Events:', ...eventTable(events ?? [], now)] : layOut([['Events', told]]);
  return [...layOut(entries), ...last].map((line) => `${line}\n`).join('');
}

function textEntry(label: string, text: string | undefined): Entry[] {
  return text ? [[label, text.trim()]] : [];
}

function numberEntry(label: string, value: number | undefined): Entry[] {
  return value === undefined ? [] : [[label, String(value)]];
}

function podResources(spec: (v1.PodSpec & { resources?: v1.ResourceRequirements }) | undefined): Entry[] {
  const entries = resourceEntries(spec?.resources);
  return entries.length === 0 ? [] : [['Resources', { entries }]];
}

function containerList(
  label: string,
  containers: readonly v1.Container[] | undefined,
  statuses: readonly v1.ContainerStatus[] = [],
): Entry[] {
  if (containers === undefined || containers.length === 0) return [];
  const entries = containers.map((container) =>
    describeContainer(
      container,
      statuses.find(({ name }) => name === container.name),
    ),
  );
  return [[label, { entries }]];
}

function conditionEntry({ type, status, reason, message }: v1.PodCondition): Entry {
  const why = [reason, message].filter(Boolean).join(': ');
  return [type, why === '' ? status : `${status.padEnd(7)} ${why}`];
}

function volumes(spec: v1.PodSpec | undefined): Entry[1] {
  const all = spec?.volumes ?? [];
  return all.length === 0 ? '<none>' : { entries: all.map(volumeEntry) };
}

/** A volume by its kind, and what is set of it. */
function volumeEntry({ name, ...source }: v1.Volume): Entry {
  return [
    name,
    {
      entries: Object.entries(source).flatMap(([kind, settings]): Entry[] => [
        ['Type', kind],
        ...(isObject(settings) ? Object.entries(settings).map(settingEntry) : []),
      ]),
    },
  ];
}

function settingEntry([name, value]: [string, unknown]): Entry {
  return [name, typeof value === 'object' ? JSON.stringify(value) : String(value)];
}
