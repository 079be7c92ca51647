// Fills in the API server's defaults for fields that a manifest omits. `/pods` shows them, and the rest of the kubelet
// relies on them.

import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { defaultFieldRef, defaultPullPolicy } from './default-parts.ts';
import { defaultVolume } from './default-volume.ts';
import type { EnvVarSource, Probe } from './pod.ts';

/** Returns a copy of the pod with the API's defaults. */
export function withDefaults(pod: v1.Pod): v1.Pod {
  const spec = pod.spec;
  if (!spec) return pod;
  const hostNetwork = spec.hostNetwork ?? false;
  const serviceAccount = spec.serviceAccountName || spec.serviceAccount;
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
      ...(serviceAccount && { serviceAccountName: serviceAccount, serviceAccount }),
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
    imagePullPolicy: container.imagePullPolicy || defaultPullPolicy(container.image ?? ''),
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
  if (!valueFrom) {
    // The API leaves out an empty value.
    return variable.value === '' ? { name: variable.name } : variable;
  }
  const { fileKeyRef, ...source }: EnvVarSource = valueFrom;
  return {
    ...rest,
    valueFrom: {
      ...defaultFieldRef(source),
      ...(fileKeyRef && { fileKeyRef: { ...fileKeyRef, optional: fileKeyRef.optional ?? false } }),
    },
  };
}
