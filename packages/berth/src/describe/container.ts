// What `berth describe` says of a container: its specification, and its states with their reasons. Pure.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { type Entry, timeText } from './text.ts';

/** The entry of a container. */
export function describeContainer(container: v1.Container, status: v1.ContainerStatus | undefined): Entry {
  const { image = '', ports = [], command = [], args = [] } = container;
  return [
    container.name,
    {
      entries: [
        ...(status ? entry('Container ID', status.containerID ?? '') : []),
        ['Image', image],
        ...(status ? entry('Image ID', status.imageID ?? '') : []),
        ...entry('Ports', ports.map(portText).join(', ')),
        ...lines('Command', command),
        ...lines('Args', args),
        ...(status ? states(status) : []),
        ...entry('Restart Policy', container.restartPolicy ?? ''),
        ...resourceEntries(container.resources),
        ...probes(container),
        ...lines('Environment Variables from', (container.envFrom ?? []).map(sourceText)),
        ...lines('Environment', (container.env ?? []).map(variableText)),
        ...lines('Mounts', (container.volumeMounts ?? []).map(mountText)),
      ],
    },
  ];
}

/** Limits and requests, as far as there are any. */
export function resourceEntries(resources: v1.ResourceRequirements | undefined): Entry[] {
  const amounts = (label: string, map: Readonly<Record<string, string>> | undefined): Entry[] => {
    const entries = Object.entries(map ?? {}).sort(([one], [other]) => (one < other ? -1 : 1));
    return entries.length === 0 ? [] : [[label, { entries }]];
  };
  return [...amounts('Limits', resources?.limits), ...amounts('Requests', resources?.requests)];
}

function entry(label: string, text: string): Entry[] {
  return text === '' ? [] : [[label, text]];
}

function lines(label: string, texts: readonly string[]): Entry[] {
  return texts.length === 0 ? [] : [[label, { lines: texts.flatMap((text) => text.trimEnd().split('\n')) }]];
}

function portText({ containerPort, protocol = 'TCP', name, hostPort }: v1.ContainerPort): string {
  const host = hostPort ? ` on host port ${hostPort}` : '';
  return `${containerPort}/${protocol}${name ? ` (${name})` : ''}${host}`;
}

function states({ state, lastState, ready, restartCount }: v1.ContainerStatus): Entry[] {
  return [
    ...stateEntries('State', state),
    ...(lastState?.terminated ? stateEntries('Last State', lastState) : []),
    ['Ready', ready ? 'True' : 'False'],
    ['Restart Count', String(restartCount)],
  ];
}

function stateEntries(label: string, state: v1.ContainerState | undefined): Entry[] {
  const { running, terminated, waiting } = state ?? {};
  if (running) return [[label, 'Running'], ...indented([['Started', timeText(running.startedAt)]])];
  if (!terminated) {
    const { reason = '', message = '' } = waiting ?? {};
    return [
      [label, 'Waiting'],
      ...indented([...entry('Reason', reason), ...entry('Message', message.trim())]),
    ];
  }
  const { reason = '', message = '', exitCode, signal, startedAt, finishedAt } = terminated;
  return [
    [label, 'Terminated'],
    ...indented([
      ...entry('Reason', reason),
      ...entry('Message', message.trim()),
      ['Exit Code', String(exitCode)],
      ...(signal ? entry('Signal', String(signal)) : []),
      ['Started', timeText(startedAt)],
      ['Finished', timeText(finishedAt)],
    ]),
  ];
}

function indented(entries: readonly Entry[]): Entry[] {
  return entries.map(([label, value]) => [`  ${label}`, value]);
}

function probes({ livenessProbe, readinessProbe, startupProbe }: v1.Container): Entry[] {
  return [
    ...(livenessProbe ? entry('Liveness', probeText(livenessProbe)) : []),
    ...(readinessProbe ? entry('Readiness', probeText(readinessProbe)) : []),
    ...(startupProbe ? entry('Startup', probeText(startupProbe)) : []),
  ];
}

function probeText(probe: v1.Probe): string {
  const { initialDelaySeconds = 0, timeoutSeconds = 1, periodSeconds = 10 } = probe;
  const { successThreshold = 1, failureThreshold = 3 } = probe;
  const settings = `delay=${initialDelaySeconds}s timeout=${timeoutSeconds}s period=${periodSeconds}s successThreshold=${successThreshold} failureThreshold=${failureThreshold}`;
  return `${handlerText(probe)} ${settings}`;
}

function handlerText({ exec, httpGet, tcpSocket, grpc }: v1.Probe): string {
  if (exec) return `exec [${(exec.command ?? []).join(' ')}]`;
  if (httpGet) {
    const { scheme = 'HTTP', host = '', port, path = '/' } = httpGet;
    return `http-get ${scheme.toLowerCase()}://${host}:${port}${path}`;
  }
  if (tcpSocket) return `tcp-socket ${tcpSocket.host ?? ''}:${tcpSocket.port}`;
  return grpc ? `grpc <pod>:${grpc.port} ${grpc.service ?? ''}`.trimEnd() : 'unknown';
}

function sourceText({ configMapRef, secretRef, prefix }: v1.EnvFromSource): string {
  const [kind, ref] = configMapRef ? ['ConfigMap', configMapRef] : ['Secret', secretRef];
  const start = prefix ? ` with prefix '${prefix}'` : '';
  return `${kind} ${ref?.name ?? ''}${start}${ref?.optional ? ' (optional)' : ''}`;
}

function variableText({ name, value = '', valueFrom }: v1.EnvVar): string {
  const { fieldRef, resourceFieldRef, secretKeyRef, configMapKeyRef } = valueFrom ?? {};
  if (fieldRef) return `${name}: (${fieldRef.apiVersion ?? 'v1'}:${fieldRef.fieldPath})`;
  if (resourceFieldRef) return `${name}: (${resourceFieldRef.resource})`;
  if (secretKeyRef) return `${name}: <set to the key '${secretKeyRef.key}' in secret '${secretKeyRef.name}'>`;
  if (configMapKeyRef) {
    return `${name}: <set to the key '${configMapKeyRef.key}' of config map '${configMapKeyRef.name}'>`;
  }
  return valueFrom ? `${name}: <from elsewhere>` : `${name}: ${value}`;
}

function mountText({ mountPath, name, readOnly, subPath }: v1.VolumeMount): string {
  const flags = [readOnly ? 'ro' : 'rw', ...(subPath ? [`path="${subPath}"`] : [])].join(',');
  return `${mountPath} from ${name} (${flags})`;
}
