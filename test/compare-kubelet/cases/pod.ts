// What cases are made of: pods of the test image in few words.
import { testImage } from '@berth/test-support/pods.ts';
import { containersOf, type ListedPod, type ManifestCase, type Settled } from '../manifest-case.ts';

/** A container's fields; image and pull policy are filled in. */
export type ContainerFields = Readonly<Record<string, unknown>>;

/** Where pods of a case write marks: a folder of the node that all containers of the pod share. */
export const marksDir = '/run/node/marks';

/** Goes on until SIGTERM. */
export const forever = 'trap "exit 0" TERM; while true; do sleep 1000 & wait $!; done';

/** Defines `mark WORD`, which tells in which order things happen, and when. */
const defineMark = 'mark() { read up _ </proc/uptime; echo "$up $1" >>/marks/log; }';

/** A container that runs a script; with `marks` it can call `mark`. */
export function script(name: string, lines: string, more: ContainerFields = {}): ContainerFields {
  return { name, image: testImage, command: ['/bin/sh', '-c', lines], ...more };
}

/** A container that runs until SIGTERM. */
export function sleeper(name = 'main', more: ContainerFields = {}): ContainerFields {
  return script(name, forever, more);
}

const marksMount = { name: 'marks', mountPath: '/marks' };

/** A container whose script may call `mark`. The pod has to be made with `marks: true`. */
export function marker(name: string, lines: string, more: ContainerFields = {}): ContainerFields {
  const { volumeMounts = [], ...rest } = more as { volumeMounts?: object[] };
  return script(name, `${defineMark}; ${lines}`, { volumeMounts: [marksMount, ...volumeMounts], ...rest });
}

/** A script of marks: one at the start, one at SIGTERM. */
export function markedSleeper(name: string, more: ContainerFields = {}): ContainerFields {
  return marker(
    name,
    `trap "mark ${name}-stop; exit 0" TERM; mark ${name}-start; while true; do sleep 1000 & wait $!; done`,
    more,
  );
}

/** A command for hooks that leaves a mark. */
export function markCommand(word: string): string[] {
  return ['/bin/sh', '-c', `${defineMark}; mark ${word}`];
}

export interface PodFields {
  containers?: readonly ContainerFields[];
  /** Mounts the folder of marks, see `marker`. */
  marks?: boolean;
  metadata?: { name?: string; [field: string]: unknown };
  volumes?: readonly object[];
  [field: string]: unknown;
}

export type CaseOptions = Omit<ManifestCase, 'group' | 'name' | 'pod' | 'manifest' | 'settled' | 'edit'> & {
  /** When to look; `ready` unless given. */
  settled?: Settled;
  edit?: { spec: PodFields; settled?: Settled };
};

/** A case without its place: its name, the pod's spec, and when to look. */
export interface Entry {
  name: string;
  spec: PodFields;
  options: CaseOptions;
}

export function pod(name: string, spec: PodFields = {}, options: Partial<CaseOptions> = {}): Entry {
  return { name, spec, options };
}

/** Pure: the cases of a group, whose pods are named for it unless they have a name. */
export function group(name: string, entries: readonly Entry[]): ManifestCase[] {
  return entries.map(({ name: caseName, spec, options }, index) => {
    const { name: podName = `${name.replaceAll(' ', '-')}-${String(index).padStart(2, '0')}` } =
      spec.metadata ?? {};
    const { edit, settled = ready, ...rest } = options;
    return {
      ...rest,
      group: name,
      name: caseName,
      pod: podName,
      manifest: manifestOf(podName, spec),
      settled,
      ...(edit && {
        edit: { manifest: manifestOf(podName, edit.spec), settled: edit.settled ?? settled },
      }),
    };
  });
}

function manifestOf(podName: string, fields: PodFields): object {
  const { containers = [sleeper()], marks = false, metadata = {}, volumes = [], ...spec } = fields;
  const marksVolume = {
    name: 'marks',
    hostPath: { path: `${marksDir}/${podName}`, type: 'DirectoryOrCreate' },
  };
  const allVolumes = [...(marks ? [marksVolume] : []), ...volumes];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: podName, ...metadata },
    spec: {
      terminationGracePeriodSeconds: 3,
      ...spec,
      containers,
      ...(allVolumes.length > 0 && { volumes: allVolumes }),
    },
  };
}

/** Every container that goes on runs, and the pod is ready. */
export const ready: Settled = ({ status }) =>
  status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;

/** Every app container runs, ready or not. */
export const running: Settled = ({ status }) =>
  (status.containerStatuses ?? []).length > 0 &&
  (status.containerStatuses ?? []).every(({ state }) => state?.running !== undefined);

/** The pod has ended, and its sandbox is down if it had one. */
export const ended: Settled = ({ status }) => {
  if (status.phase !== 'Succeeded' && status.phase !== 'Failed') return false;
  const sandbox = status.conditions?.find(({ type }) => type === 'PodReadyToStartContainers');
  return sandbox?.status !== 'True';
};

/** A container waits for something that it will not get. */
const isStuck: Settled = (listed) =>
  containersOf(listed).some(
    ({ state }) => !['ContainerCreating', 'PodInitializing', undefined].includes(state?.waiting?.reason),
  );

/** Looks when it is plain that a pod does not start, or after a while when nothing says so. */
export const stuck: Partial<CaseOptions> = { settled: isStuck, upToMs: 20_000 };

/** Looks when the pod is ready, or after a while where it will not be. */
export const readyOrNot: Partial<CaseOptions> = { upToMs: 25_000 };

/** A container waits for this reason. */
export function waiting(reason: string): Settled {
  return (listed) => containersOf(listed).some(({ state }) => state?.waiting?.reason === reason);
}

/** One of the two. */
export const either =
  (one: Settled, other: Settled): Settled =>
  (listed) =>
    one(listed) || other(listed);

/** A container cannot be created, and another one runs. */
export const oneIsRefused: Settled = (listed) =>
  waiting('CreateContainerError')(listed) &&
  containersOf(listed).some(({ state }) => state?.running !== undefined);

const loops: Settled = (listed) =>
  containersOf(listed).some(
    ({ state, restartCount = 0 }) => state?.running === undefined && restartCount >= 2,
  );

/** A container has been started again twice, and has ended. */
export const inCrashLoop: Partial<CaseOptions> = { fleeting: true, settled: loops };

/** The same, of one that berthd does not create, and containerd creates and does not start. */
export const inStartLoop: Partial<CaseOptions> = {
  fleeting: true,
  settled: either(loops, waiting('CreateContainerError')),
};

/** A container has been restarted so often, and all run. */
export function restarted(times: number): Settled {
  return (listed: ListedPod) =>
    running(listed) && containersOf(listed).some(({ restartCount = 0 }) => restartCount >= times);
}

/** One container has ended and another one runs. */
export const someEnded: Settled = ({ status }) => {
  const states = (status.containerStatuses ?? []).map(({ state }) => state);
  return states.some((state) => state?.terminated) && states.some((state) => state?.running);
};
