// Turns the diagnosis of an error into one sentence that says what to do. Pure.
import type { FailedLookup } from '../app/failed-lookup.ts';
import { closest } from './closest.ts';

/** A default socket, and the error of connecting to it; undefined when a server accepts connections. */
export interface Probe {
  endpoint: string;
  problem: string | undefined;
}

export type Diagnosis =
  /** No server accepts connections at `endpoint`, or at any default socket when it is undefined. */
  | { kind: 'unreachable'; endpoint: string | undefined; problem: string; probes: readonly Probe[] }
  | { kind: 'forbidden'; path: string }
  | { kind: 'slow'; timeoutMs: number }
  | { kind: 'unauthorized' }
  | ({ kind: 'not-found' } & FailedLookup);

const runtimeNames: readonly [part: string, name: string][] = [
  ['/berth.sock', 'berthd'],
  ['/containerd.sock', 'containerd'],
  ['/crio.sock', 'CRI-O'],
  ['/cri-dockerd.sock', 'cri-dockerd'],
];

const problems: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ECONNREFUSED: 'connection refused',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
};

const howToName =
  'set its endpoint with --runtime-endpoint, CONTAINER_RUNTIME_ENDPOINT or in /etc/crictl.yaml';

export function hint(diagnosis: Diagnosis, isRoot: boolean): string {
  switch (diagnosis.kind) {
    case 'unreachable':
      return unreachable(diagnosis, isRoot);
    case 'forbidden':
      return isRoot
        ? `${diagnosis.path}: permission denied, even for root`
        : `only root may access ${diagnosis.path}: retry with sudo${groupAdvice(diagnosis.path)}`;
    case 'slow':
      return `the runtime took longer than ${diagnosis.timeoutMs / 1000}s; raise --timeout`;
    case 'unauthorized':
      return 'the registry requires credentials: --creds USERNAME[:PASSWORD]';
    case 'not-found':
      return notFound(diagnosis);
  }
}

/** berthd can give a group its socket. */
function groupAdvice(path: string): string {
  return path.endsWith('/berth.sock')
    ? ', or give your group the socket (socketGroup in /etc/berth/config.yaml)'
    : '';
}

function unreachable(
  { endpoint, problem, probes }: Extract<Diagnosis, { kind: 'unreachable' }>,
  isRoot: boolean,
): string {
  const living = probes.filter((probe) => probe.problem === undefined && probe.endpoint !== endpoint);
  if (endpoint !== undefined && isForbidden(problem)) {
    return hint({ kind: 'forbidden', path: pathOf(endpoint) }, isRoot);
  }
  const forbidden = probes.find((probe) => isForbidden(probe.problem));
  if (endpoint === undefined && forbidden !== undefined) {
    return hint({ kind: 'forbidden', path: pathOf(forbidden.endpoint) }, isRoot);
  }
  if (living.length > 0) {
    const names = living.map((probe) => `${nameOf(probe.endpoint)} at ${probe.endpoint}`);
    return `found ${names.join(' and ')}: ${howToName}`;
  }
  const tried = probes.map((probe) => {
    const { [probe.problem ?? '']: reason = probe.problem } = problems;
    return `${nameOf(probe.endpoint)} at ${pathOf(probe.endpoint)} (${reason})`;
  });
  return `tried ${tried.join(', ')}; start a runtime, or ${howToName}`;
}

const isForbidden = (problem: string | undefined) => problem === 'EACCES' || problem === 'EPERM';

const pathOf = (endpoint: string) => endpoint.replace(/^unix:\/\//, '');

function nameOf(endpoint: string): string {
  return runtimeNames.find(([part]) => endpoint.endsWith(part))?.[1] ?? 'a runtime';
}

const lists = {
  container: 'crictl ps -a',
  pod: 'crictl pods',
  image: 'crictl images',
  command: 'crictl --help',
};

function notFound({ what, word, known }: FailedLookup): string {
  const names = closest(word, known);
  if (names.length > 0) return `did you mean ${names.join(' or ')}?`;
  if (known.length === 0 && what !== 'command') return `there are no ${what}s`;
  return `${lists[what]} lists all ${what}s`;
}
