// Fills in the API server's defaults for fields that a manifest omits. `/pods` shows them, and the rest of the kubelet
// relies on them.

import { splitImageName } from '@berth/common/image-name.ts';
import { compareQuantities } from '@berth/common/quantity.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';

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
  const { fieldRef, resourceFieldRef } = variable.valueFrom ?? {};
  if (fieldRef) {
    const reference = { ...fieldRef, apiVersion: fieldRef.apiVersion || 'v1' };
    return { ...variable, valueFrom: { ...variable.valueFrom, fieldRef: reference } };
  }
  if (resourceFieldRef) {
    const divisor = resourceFieldRef.divisor;
    const reference = {
      ...resourceFieldRef,
      divisor: !divisor || compareQuantities(divisor, 0) === 0 ? '0' : divisor,
    };
    return { ...variable, valueFrom: { ...variable.valueFrom, resourceFieldRef: reference } };
  }
  return variable;
}

/** A volume without a source is an emptyDir. */
function defaultVolume(volume: v1.Volume): v1.Volume {
  if (Object.keys(volume).every((key) => key === 'name')) return { ...volume, emptyDir: {} };
  if (volume.hostPath)
    return { ...volume, hostPath: { ...volume.hostPath, type: volume.hostPath.type ?? '' } };
  return volume;
}
