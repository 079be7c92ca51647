// The kinds of workloads, and what becomes of their fields on one node.
import { isObject } from '@berth/common/json/is-object.ts';
import type { JsonObject } from '@berth/kubelet/api/pod-shape.ts';
import { bookkeeping, count, noted, object, only, refused, replicas, word } from './field-rules.ts';
import { job } from './job.ts';
import type { FieldRule, PodOfWorkload, WorkloadKind } from './workload.ts';

const replacedAtOnce = noted('after a change every pod is ended before its new version starts');
const onlyIfZero = (note: string) => count(noted(note, [0]));
const readyAtOnce = onlyIfZero('a pod counts as available as soon as it is ready');

const rollingUpdate = object({
  maxSurge: bookkeeping,
  maxUnavailable: bookkeeping,
  partition: count(only([0], 'a node updates all pods of a manifest')),
});

/** Strategies of an update; `words` beside RollingUpdate. */
function strategy(words: Readonly<Record<string, FieldRule>>): FieldRule {
  return object({ type: word({ RollingUpdate: replacedAtOnce, ...words }), rollingUpdate });
}

const onDelete = refused('a node updates the pods of a manifest as soon as it changes');
const always = ['Always'];

/** `NAME-0`, `NAME-1`, …: as many as replicas. */
function numbered(name: string, spec: JsonObject, start = 0): { name: string; ordinal: number }[] {
  const { replicas = 1 } = spec;
  return Array.from({ length: Number(replicas ?? 1) }, (_, index) => ({
    name: `${name}-${start + index}`,
    ordinal: start + index,
  }));
}

const deployment: WorkloadKind = {
  apiVersion: 'apps/v1',
  fields: {
    replicas,
    minReadySeconds: readyAtOnce,
    strategy: strategy({ Recreate: bookkeeping }),
    revisionHistoryLimit: bookkeeping,
    progressDeadlineSeconds: bookkeeping,
    paused: only([false], 'a node has no rollout to pause'),
  },
  restartPolicies: always,
  hasSelector: true,
  pods: (name, spec) => numbered(name, spec),
};

const replicaSet: WorkloadKind = {
  apiVersion: 'apps/v1',
  fields: { replicas, minReadySeconds: readyAtOnce },
  restartPolicies: always,
  hasSelector: true,
  pods: (name, spec) => numbered(name, spec),
};

const daemonSet: WorkloadKind = {
  apiVersion: 'apps/v1',
  fields: {
    minReadySeconds: readyAtOnce,
    updateStrategy: strategy({ OnDelete: onDelete }),
    revisionHistoryLimit: bookkeeping,
  },
  restartPolicies: always,
  hasSelector: true,
  // One pod for each node, of which there is one.
  pods: (name) => [{ name }],
};

const statefulSet: WorkloadKind = {
  apiVersion: 'apps/v1',
  fields: {
    replicas,
    serviceName: noted('it becomes the subdomain of the pods; no DNS server of a node knows it', ['']),
    podManagementPolicy: word({
      Parallel: bookkeeping,
      OrderedReady: noted('the pods start at once, not one after the other'),
    }),
    updateStrategy: strategy({ OnDelete: onDelete }),
    revisionHistoryLimit: bookkeeping,
    minReadySeconds: readyAtOnce,
    ordinals: object({ start: count(bookkeeping) }),
    persistentVolumeClaimRetentionPolicy: refused('a node has no volume claims'),
    volumeClaimTemplates: (value, path) =>
      Array.isArray(value) && value.length === 0
        ? {}
        : refused(
            'a node has no volumes to claim; instead put a hostPath volume of that name with type DirectoryOrCreate into the template, and with several replicas mount it with subPathExpr: $(POD_NAME)',
          )(value, path),
  },
  restartPolicies: always,
  hasSelector: true,
  pods: (name, spec) => {
    const start = isObject(spec.ordinals) ? Number(spec.ordinals.start ?? 0) : 0;
    return numbered(name, spec, start).map(
      ({ name: podName, ordinal }): PodOfWorkload => ({
        name: podName,
        labels: {
          'statefulset.kubernetes.io/pod-name': podName,
          'apps.kubernetes.io/pod-index': String(ordinal),
        },
        spec: { hostname: podName, ...(spec.serviceName ? { subdomain: spec.serviceName } : {}) },
      }),
    );
  },
};

/** The workloads that can be expanded. */
export const workloadKinds: Readonly<Record<string, WorkloadKind>> = {
  Deployment: deployment,
  ReplicaSet: replicaSet,
  StatefulSet: statefulSet,
  DaemonSet: daemonSet,
  Job: job,
};

/** Kinds that only a cluster has, and what to use on a node. */
export const clusterKinds: Readonly<Record<string, string>> = {
  Service:
    'a node has no Services; give a container port a hostPort, which is open on this machine, use the IP of a pod, or join a cluster',
  Ingress: 'a node has no Ingress controller; run a proxy as a pod with a hostPort, or join a cluster',
  CronJob: 'a node has no clock for jobs; run berth up with a Job from cron or a systemd timer',
  PersistentVolumeClaim: 'a node has no volumes to claim; use a hostPath volume with type DirectoryOrCreate',
  PersistentVolume: 'a node has no volumes to claim; use a hostPath volume with type DirectoryOrCreate',
  StorageClass: 'a node has no volumes to claim; use a hostPath volume with type DirectoryOrCreate',
  Namespace: 'a node needs no Namespaces: the namespace of a pod is a name',
  ServiceAccount: 'a node has no API server for which an account could be',
  Role: 'a node has no API server to which access could be granted',
  RoleBinding: 'a node has no API server to which access could be granted',
  ClusterRole: 'a node has no API server to which access could be granted',
  ClusterRoleBinding: 'a node has no API server to which access could be granted',
  NetworkPolicy: 'a node does not filter between pods; use a CNI plugin that does, or a cluster',
  HorizontalPodAutoscaler: 'a node scales nothing; set spec.replicas',
  PodDisruptionBudget: 'a node evicts no pods for maintenance',
};
