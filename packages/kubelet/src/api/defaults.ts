// Fills in what a manifest leaves out, as the API server does for every pod: what `/pods` shows and what the
// rest of the kubelet relies on.

import { splitImageName } from '@berth/common/image-name.ts';
import { compareQuantities } from '@berth/common/quantity.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';

/** The pod with the API's defaults; the input is left as it is. */
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

function defaultContainer(container: v1.Container, hostNetwork: boolean): v1.Container {
  return {
    ...container,
    imagePullPolicy: container.imagePullPolicy || pullPolicy(container.image ?? ''),
    terminationMessagePath: container.terminationMessagePath || '/dev/termination-log',
    terminationMessagePolicy: container.terminationMessagePolicy || 'File',
    resources: defaultResources(container.resources ?? {}),
    ...(container.ports && { ports: container.ports.map((port) => defaultPort(port, hostNetwork)) }),
    ...(container.env && { env: container.env.map(defaultEnv) }),
  };
}

/** Only an image whose tag is "latest", written or implied, is asked for again at every start. */
function pullPolicy(image: string): 'Always' | 'IfNotPresent' {
  const { tag, digest } = splitImageName(image);
  return tag === 'latest' || (tag === undefined && digest === undefined) ? 'Always' : 'IfNotPresent';
}

/** A limit without a request is also the request. */
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

/** A volume that names no source is an empty folder. */
function defaultVolume(volume: v1.Volume): v1.Volume {
  if (Object.keys(volume).every((key) => key === 'name')) return { ...volume, emptyDir: {} };
  if (volume.hostPath)
    return { ...volume, hostPath: { ...volume.hostPath, type: volume.hostPath.type ?? '' } };
  return volume;
}
