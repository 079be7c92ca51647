// Objects of controllers whose pods a test wants on one node.
import { testImage } from '@berth/test-support/pods.ts';
import { forever } from './pod-objects.ts';

export interface Workload {
  name: string;
  node: string;
  /** The pods print it when they start, and a new one is a new version of them. */
  version?: string;
  replicas?: number;
  script?: string;
  /** Fields of the pods' spec beside or instead of those that a test needs. */
  podSpec?: object;
  container?: object;
  /** Fields of the controller's spec. */
  spec?: object;
}

const metadata = ({ name }: Workload) => ({ name, labels: { app: name } });
const selector = ({ name }: Workload) => ({ matchLabels: { app: name } });

/** What the pods of a workload have in common; they have the label `app=NAME`. */
function template(workload: Workload): object {
  const { name, node, version = '1', script = forever, podSpec = {}, container = {} } = workload;
  return {
    metadata: { labels: { app: name } },
    spec: {
      nodeSelector: { 'kubernetes.io/hostname': node },
      terminationGracePeriodSeconds: 10,
      containers: [
        {
          name: 'main',
          image: testImage,
          command: ['/bin/sh', '-c', `echo version $VERSION; ${script}`],
          env: [{ name: 'VERSION', value: version }],
          ...container,
        },
      ],
      ...podSpec,
    },
  };
}

/** A Deployment that never has fewer ready pods than replicas while it is rolled. */
export function deployment(workload: Workload): object {
  const { replicas = 1, spec = {} } = workload;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(workload),
    spec: {
      replicas,
      selector: selector(workload),
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: template(workload),
      ...spec,
    },
  };
}

/** Pods that are probed each second, by what costs no process. */
export function probedDeployment({ name, node }: Pick<Workload, 'name' | 'node'>): object {
  const probe = { tcpSocket: { port: 8080 }, periodSeconds: 1, timeoutSeconds: 10 };
  return deployment({
    name,
    node,
    replicas: 2,
    script: `httpd -p 8080 -h /tmp; ${forever}`,
    container: { livenessProbe: probe, readinessProbe: probe },
  });
}

export function daemonSet(workload: Workload): object {
  const { spec = {} } = workload;
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: metadata(workload),
    spec: { selector: selector(workload), template: template(workload), ...spec },
  };
}

/** A StatefulSet with its headless service. */
export function statefulSet(workload: Workload): object[] {
  const { name, replicas = 1, spec = {} } = workload;
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { clusterIP: 'None', selector: { app: name }, ports: [{ port: 80 }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: metadata(workload),
      spec: {
        replicas,
        serviceName: name,
        selector: selector(workload),
        template: template(workload),
        ...spec,
      },
    },
  ];
}

/** A Job, whose pods run `script` and are not started again unless `podSpec` says so. */
export function job(workload: Workload): object {
  const { podSpec = {}, spec = {} } = workload;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadata(workload),
    spec: { template: template({ ...workload, podSpec: { restartPolicy: 'Never', ...podSpec } }), ...spec },
  };
}
