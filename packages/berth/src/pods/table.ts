// The table of `berth status` and `berth up`, in the words of `kubectl get pods`.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { formatTable } from '../terminal/table.ts';
import { displayName } from './identity.ts';
import { isEnding, newestVersions } from './versions.ts';

const headings = ['POD', 'READY', 'STATUS', 'RESTARTS', 'IP', 'AGE'] as const;
const wideHeadings = [...headings, 'CONTAINERS', 'IMAGES'] as const;

/** How a table of pods looks. */
export interface PodTableStyle {
  /** With columns of containers and images. */
  isWide?: boolean;
  /** Columns of the terminal; none: no limit. */
  columns?: number | undefined;
}

/** The table of pods, in kubectl's words, with a header; a pod that takes the place of an ending one has one row. */
export function podTable(
  pods: readonly v1.Pod[],
  now: Date,
  { isWide = false, columns }: PodTableStyle = {},
): string {
  const rows = newestVersions(pods)
    .map(({ pod, former }) => [...podRow(pod, now, former), ...(isWide ? wideCells(pod) : [])])
    .sort(([a = ''], [b = '']) => (a < b ? -1 : a > b ? 1 : 0));
  return formatTable([isWide ? wideHeadings : headings, ...rows], columns);
}

function wideCells({ spec }: v1.Pod): string[] {
  const containers = spec?.containers ?? [];
  return [containers.map(({ name }) => name), containers.map(({ image = '' }) => image)].map((cells) =>
    cells.join(','),
  );
}

function podRow(pod: v1.Pod, now: Date, former: readonly v1.Pod[]): string[] {
  const containers = pod.status?.containerStatuses ?? [];
  const ready = containers.filter((container) => container.ready).length;
  const restarts = containers.reduce((sum, { restartCount }) => sum + restartCount, 0);
  const started = pod.status?.startTime ?? pod.metadata?.creationTimestamp;
  return [
    displayName(pod),
    `${ready}/${pod.spec?.containers.length ?? 0}`,
    // Its containers are created when the earlier version has ended.
    former.length > 0 && !isEnding(pod) && !hasStarted(pod) ? 'Updating' : podStatusWord(pod),
    String(restarts),
    pod.status?.podIP ?? '-',
    started === undefined ? '-' : age(now.getTime() - new Date(started).getTime()),
  ];
}

function hasStarted({ status }: v1.Pod): boolean {
  return status?.phase !== 'Pending' || status.podIP !== undefined;
}

/** The STATUS of `kubectl get pods`. */
export function podStatusWord(pod: v1.Pod): string {
  const { status, spec } = pod;
  if (isEnding(pod)) return 'Terminating';
  const inits = status?.initContainerStatuses ?? [];
  for (const [index, { state }] of inits.entries()) {
    if (state?.terminated?.exitCode === 0) continue;
    if (state?.running !== undefined && spec?.initContainers?.[index]?.restartPolicy === 'Always') continue;
    const reason =
      state?.terminated !== undefined ? terminatedWord(state.terminated) : state?.waiting?.reason;
    if (reason !== undefined && reason !== 'PodInitializing') return `Init:${reason}`;
    return `Init:${index}/${inits.length}`;
  }
  const containers = status?.containerStatuses ?? [];
  for (const { state } of containers) if (state?.waiting?.reason !== undefined) return state.waiting.reason;
  const running = containers.some(({ state }) => state?.running !== undefined);
  const ended = containers.find(({ state }) => state?.terminated !== undefined)?.state?.terminated;
  if (!running && ended !== undefined) return terminatedWord(ended);
  return status?.reason ?? status?.phase ?? 'Unknown';
}

function terminatedWord({ reason, exitCode, signal }: v1.ContainerStateTerminated): string {
  if (reason !== undefined && reason !== '') return reason;
  return signal === undefined || signal === 0 ? `ExitCode:${exitCode}` : `Signal:${signal}`;
}

/** A duration as kubectl's AGE: the two largest units while they are small. */
export function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  return days < 8 && hours % 24 !== 0 ? `${days}d${hours % 24}h` : `${days}d`;
}
