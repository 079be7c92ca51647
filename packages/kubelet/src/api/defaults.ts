// Fills in the API server's defaults for fields that a manifest omits. `/pods` shows them, and the rest of the kubelet
// relies on them.

import { splitImageName } from '@berth/common/image-name.ts';
import { compareQuantities } from '@berth/common/quantity.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import type { DownwardFile, EnvVarSource, Probe, Volume, VolumeProjection } from './pod.ts';

/** Returns a copy of the pod with the API's defaults. */
export function withDefaults(pod: v1.Pod): v1.Pod {
  const spec = pod.spec;
  if (!spec) return pod;
  const hostNetwork = spec.hostNetwork ?? false;
  return {
    ...pod,
    spec: {
      ...spec,
      containers: spec.containers.map((container) => defaultContainer(container, hostNetwork)),
      ...(spec.initContainers && {
        initContainers: spec.initContainers.map((container) => defaultContainer(container, hostNetwork)),
      }),
      ...(spec.ephemeralContainers && {
        ephemeralContainers: spec.ephemeralContainers.map((container) =>
          defaultContainer(container, hostNetwork),
        ),
      }),
      ...(spec.volumes && { volumes: spec.volumes.map(defaultVolume) }),
      restartPolicy: spec.restartPolicy || 'Always',
      dnsPolicy: spec.dnsPolicy || 'ClusterFirst',
      schedulerName: spec.schedulerName || 'default-scheduler',
      securityContext: spec.securityContext ?? {},
      enableServiceLinks: spec.enableServiceLinks ?? true,
      terminationGracePeriodSeconds: gracePeriod(spec.terminationGracePeriodSeconds),
    },
  };
}

function gracePeriod(seconds: number | undefined): number {
  if (seconds === undefined) return 30;
  return seconds < 0 ? 1 : seconds;
}

function defaultContainer<Kind extends v1.Container>(container: Kind, hostNetwork: boolean): Kind {
  return {
    ...container,
    imagePullPolicy: container.imagePullPolicy || pullPolicy(container.image ?? ''),
    terminationMessagePath: container.terminationMessagePath || '/dev/termination-log',
    terminationMessagePolicy: container.terminationMessagePolicy || 'File',
    resources: defaultResources(container.resources ?? {}),
    ...(container.ports && { ports: container.ports.map((port) => defaultPort(port, hostNetwork)) }),
    ...(container.env && { env: container.env.map(defaultEnv) }),
    ...(container.lifecycle && { lifecycle: defaultLifecycle(container.lifecycle) }),
    ...(container.startupProbe && { startupProbe: defaultProbe(container.startupProbe) }),
    ...(container.readinessProbe && { readinessProbe: defaultProbe(container.readinessProbe) }),
    ...(container.livenessProbe && { livenessProbe: defaultProbe(container.livenessProbe) }),
  };
}

/** A probe with the API's defaults; 0 counts as not given. */
export function defaultProbe(probe: v1.Probe): Probe {
  const { httpGet, grpc } = probe;
  return {
    ...probe,
    ...(httpGet && { httpGet: { ...httpGet, path: httpGet.path || '/', scheme: httpGet.scheme || 'HTTP' } }),
    ...(grpc && { grpc: { ...grpc, service: grpc.service ?? '' } }),
    timeoutSeconds: probe.timeoutSeconds || 1,
    periodSeconds: probe.periodSeconds || 10,
    successThreshold: probe.successThreshold || 1,
    failureThreshold: probe.failureThreshold || 3,
  };
}

function defaultLifecycle(lifecycle: v1.Lifecycle): v1.Lifecycle {
  const { postStart, preStop } = lifecycle;
  return {
    ...lifecycle,
    ...(postStart && { postStart: defaultHook(postStart) }),
    ...(preStop && { preStop: defaultHook(preStop) }),
  };
}

function defaultHook(hook: v1.LifecycleHandler): v1.LifecycleHandler {
  const { httpGet } = hook;
  if (!httpGet) return hook;
  return { ...hook, httpGet: { ...httpGet, path: httpGet.path || '/', scheme: httpGet.scheme || 'HTTP' } };
}

/** Always only for an image with the tag "latest", written or implied. */
function pullPolicy(image: string): 'Always' | 'IfNotPresent' {
  const { tag, digest } = splitImageName(image);
  return tag === 'latest' || (tag === undefined && digest === undefined) ? 'Always' : 'IfNotPresent';
}

/** The default of a request is the limit. */
function defaultResources(resources: v1.ResourceRequirements): v1.ResourceRequirements {
  return resources.limits
    ? { ...resources, requests: { ...resources.limits, ...resources.requests } }
    : resources;
}

function defaultPort(port: v1.ContainerPort, hostNetwork: boolean): v1.ContainerPort {
  const hostPort = hostNetwork ? port.hostPort || port.containerPort : port.hostPort;
  return { ...port, ...(hostPort && { hostPort }), protocol: port.protocol || 'TCP' };
}

function defaultEnv(variable: v1.EnvVar): v1.EnvVar {
  const { valueFrom, ...rest } = variable;
  if (valueFrom) return { ...rest, valueFrom: defaultSource(valueFrom) };
  // The API leaves out an empty value.
  if (variable.value !== '') return variable;
  return { name: variable.name };
}

function defaultSource(source: EnvVarSource): EnvVarSource {
  const { fileKeyRef } = source;
  if (fileKeyRef) return { ...source, fileKeyRef: { ...fileKeyRef, optional: fileKeyRef.optional ?? false } };
  return defaultReferences(source);
}

/** Defaults of a reference to a field or a resource of the pod. */
function defaultReferences<Source extends Pick<v1.EnvVarSource, 'fieldRef' | 'resourceFieldRef'>>(
  source: Source,
): Source {
  const { fieldRef, resourceFieldRef } = source;
  if (fieldRef) return { ...source, fieldRef: { ...fieldRef, apiVersion: fieldRef.apiVersion || 'v1' } };
  if (!resourceFieldRef) return source;
  const divisor = resourceFieldRef.divisor;
  const reference = {
    ...resourceFieldRef,
    divisor: !divisor || compareQuantities(divisor, 0) === 0 ? '0' : divisor,
  };
  return { ...source, resourceFieldRef: reference };
}

/** Mode of the files that the kubelet writes to a volume. */
const defaultFileMode = 0o644;

/** A volume without a source is an emptyDir. */
function defaultVolume(volume: Volume): Volume {
  if (Object.keys(volume).every((key) => key === 'name')) return { ...volume, emptyDir: {} };
  const { hostPath, configMap, secret, downwardAPI, projected, image } = volume;
  if (hostPath) return { ...volume, hostPath: { ...hostPath, type: hostPath.type ?? '' } };
  if (configMap) return { ...volume, configMap: withFileMode(configMap) };
  if (secret) return { ...volume, secret: withFileMode(secret) };
  if (downwardAPI) {
    const items = downwardAPI.items?.map(defaultReferences<DownwardFile>);
    return { ...volume, downwardAPI: withFileMode({ ...downwardAPI, ...(items && { items }) }) };
  }
  if (projected) {
    const sources = projected.sources?.map(defaultProjection);
    return { ...volume, projected: withFileMode({ ...projected, ...(sources && { sources }) }) };
  }
  if (image) {
    const policy = image.pullPolicy || pullPolicy(image.reference ?? '');
    return { ...volume, image: { ...image, pullPolicy: policy } };
  }
  return volume;
}

function withFileMode<Source extends { defaultMode?: number }>(source: Source): Source {
  return { ...source, defaultMode: source.defaultMode ?? defaultFileMode };
}

function defaultProjection(source: VolumeProjection): VolumeProjection {
  const items = source.downwardAPI?.items?.map(defaultReferences<DownwardFile>);
  return items ? { ...source, downwardAPI: { items } } : source;
}
