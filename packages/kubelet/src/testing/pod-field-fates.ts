// What becomes of every field that Kubernetes has in a pod, with a value to try it with. See api/supported-fields.test.ts.
import { podSchema } from '../api/generated/pod-schema.ts';

/** What becomes of a field. */
export type Fate =
  /** Shows in what the runtime is asked for. */
  | { fate: 'requested'; sample: unknown }
  /** Acted on in `where`. */
  | { fate: 'acted on'; sample: unknown; where: string }
  /** Nothing to act on here: what only schedulers, controllers or later changes of a pod read. */
  | { fate: 'carried'; sample: unknown }
  /** The real kubelet does without it as well on such a node: told in the log, refused by `berth up` by default. */
  | { fate: 'ignored'; sample: unknown }
  | { fate: 'refused'; sample: unknown };

const requested = (sample: unknown): Fate => ({ fate: 'requested', sample });
const actedOn = (where: string, sample: unknown): Fate => ({ fate: 'acted on', sample, where });
const carried = (sample: unknown): Fate => ({ fate: 'carried', sample });
const ignored = (sample: unknown): Fate => ({ fate: 'ignored', sample });
const refused = (sample: unknown): Fate => ({ fate: 'refused', sample });

/** Where fields of a type are tried: the path of an object of that type, and what else the manifest needs. */
export interface Place {
  at: (string | number)[];
  /** What has to be elsewhere in the manifest. */
  around?: { at: (string | number)[]; object: object };
  beside?: Record<string, unknown>;
  fields: Record<string, Fate>;
}

const main = ['spec', 'containers', 0];
const seccomp = { type: 'RuntimeDefault' };
const probe = { tcpSocket: { port: 80 } };
const volume = { name: 'v' };

/** By type, where its fields are tried and what becomes of each. */
export const places: Readonly<Record<string, Place>> = {
  ObjectMeta: {
    at: ['metadata'],
    fields: {
      name: requested('other'),
      namespace: requested('other'),
      labels: requested({ a: 'b' }),
      annotations: requested({ a: 'b' }),
      uid: requested('u-1'),
      ownerReferences: carried([{ apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' }]),
      creationTimestamp: carried('2026-01-02T03:04:05Z'),
      generation: carried(1),
      managedFields: carried([{ manager: 'm' }]),
      resourceVersion: carried('1'),
      selfLink: carried('/x'),
      deletionGracePeriodSeconds: ignored(1),
      deletionTimestamp: refused('2026-01-02T03:04:05Z'),
      finalizers: ignored(['a.b/c']),
      generateName: ignored('x-'),
    },
  },
  PodSpec: {
    at: ['spec'],
    fields: {
      activeDeadlineSeconds: actedOn('pods/end/deadline.ts', 60),
      affinity: actedOn('admission/node-affinity.ts', { podAntiAffinity: {} }),
      automountServiceAccountToken: carried(false),
      containers: requested([{ name: 'other', image: 'a' }]),
      dnsConfig: requested({ nameservers: ['192.0.2.9'] }),
      dnsPolicy: requested('Default'),
      enableServiceLinks: carried(false),
      ephemeralContainers: actedOn('pods/actions/ephemeral-actions.ts', [{ name: 'e', image: 'a' }]),
      evictionResponders: ignored([{ name: 'a.b/c', priority: 1 }]),
      hostAliases: requested([{ ip: '192.0.2.8', hostnames: ['a'] }]),
      hostIPC: requested(true),
      hostNetwork: requested(true),
      hostPID: requested(true),
      hostUsers: refused(false),
      hostname: requested('h'),
      hostnameOverride: refused('h'),
      imagePullSecrets: refused([{ name: 's' }]),
      initContainers: actedOn('pods/actions/init-actions.ts', [{ name: 'i', image: 'a' }]),
      nodeName: actedOn('config/static-pod.ts', 'n'),
      nodeSelector: actedOn('admission/node-affinity.ts', { a: 'b' }),
      os: carried({ name: 'linux' }),
      overhead: refused({ cpu: '1' }),
      preemptionPolicy: carried('Never'),
      priority: carried(1),
      priorityClassName: requested('system-node-critical'),
      readinessGates: actedOn('status/conditions.ts', [{ conditionType: 'a.b/c' }]),
      resourceClaims: refused([{ name: 'c', resourceClaimName: 'c' }]),
      resources: refused({ limits: { cpu: '1' } }),
      restartPolicy: actedOn('containers/restart-policy.ts', 'Never'),
      runtimeClassName: ignored('kata'),
      schedulerName: carried('mine'),
      schedulingGates: refused([{ name: 'a.b/c' }]),
      schedulingGroup: carried({ podGroupName: 'g' }),
      securityContext: requested({ runAsUser: 5 }),
      serviceAccount: refused('default'),
      serviceAccountName: refused('default'),
      setHostnameAsFQDN: actedOn('sandbox/hostname.ts', true),
      shareProcessNamespace: requested(true),
      subdomain: requested('s'),
      terminationGracePeriodSeconds: requested(7),
      tolerations: carried([{ operator: 'Exists' }]),
      topologySpreadConstraints: carried([
        { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' },
      ]),
      volumes: actedOn('volumes/manager.ts', [volume]),
    },
  },
  PodSecurityContext: {
    at: ['spec', 'securityContext'],
    fields: {
      appArmorProfile: refused({ type: 'RuntimeDefault' }),
      fsGroup: requested(7),
      // Kubernetes: no effect on ephemeral volumes, and hostPath has no owner to change.
      fsGroupChangePolicy: carried('Always'),
      runAsGroup: requested(7),
      runAsNonRoot: actedOn('containers/security-context.ts', false),
      runAsUser: requested(7),
      // Kubernetes: only CSI volumes know another way.
      seLinuxChangePolicy: carried('Recursive'),
      seLinuxOptions: requested({ level: 's0' }),
      seccompProfile: requested(seccomp),
      supplementalGroups: requested([7]),
      supplementalGroupsPolicy: requested('Strict'),
      sysctls: requested([{ name: 'net.ipv4.tcp_syncookies', value: '1' }]),
      windowsOptions: ignored({ runAsUserName: 'x' }),
    },
  },
  Sysctl: {
    at: ['spec', 'securityContext', 'sysctls', 0],
    beside: { name: 'net.ipv4.tcp_syncookies', value: '1' },
    fields: { name: requested('net.ipv4.tcp_fin_timeout'), value: requested('2') },
  },
  Container: {
    at: main,
    fields: {
      args: requested(['x']),
      command: requested(['x']),
      env: requested([{ name: 'A', value: 'b' }]),
      envFrom: refused([{ configMapRef: { name: 'c' } }]),
      image: requested('b'),
      imagePullPolicy: actedOn('images/image-manager.ts', 'Never'),
      lifecycle: requested({ preStop: { sleep: { seconds: 1 } } }),
      livenessProbe: refused(probe),
      name: requested('other'),
      ports: requested([{ containerPort: 80, hostPort: 8080 }]),
      readinessProbe: refused(probe),
      resizePolicy: carried([{ resourceName: 'cpu', restartPolicy: 'NotRequired' }]),
      resources: requested({ limits: { cpu: '1' } }),
      restartPolicy: actedOn('containers/restart-policy.ts', 'Always'),
      restartPolicyRules: actedOn('containers/restart-policy.ts', [
        { action: 'Restart', exitCodes: { operator: 'In', values: [1] } },
      ]),
      securityContext: requested({ privileged: true }),
      startupProbe: refused(probe),
      stdin: requested(true),
      stdinOnce: requested(true),
      terminationMessagePath: requested('/last-words'),
      terminationMessagePolicy: requested('FallbackToLogsOnError'),
      tty: requested(true),
      volumeDevices: refused([{ name: 'v', devicePath: '/dev/x' }]),
      volumeMounts: actedOn('volumes/mount-paths.ts', []),
      workingDir: requested('/x'),
    },
  },
  ContainerPort: {
    at: [...main, 'ports', 0],
    beside: { containerPort: 80, hostPort: 8080 },
    fields: {
      containerPort: requested(81),
      hostIP: requested('192.0.2.7'),
      hostPort: requested(81),
      name: requested('web'),
      protocol: requested('UDP'),
    },
  },
  EnvVar: {
    at: [...main, 'env', 0],
    beside: { name: 'A' },
    fields: {
      name: requested('B'),
      value: requested('b'),
      valueFrom: requested({ fieldRef: { fieldPath: 'metadata.name' } }),
    },
  },
  EnvVarSource: {
    at: [...main, 'env', 0, 'valueFrom'],
    beside: {},
    fields: {
      configMapKeyRef: refused({ name: 'c', key: 'k' }),
      fieldRef: actedOn('env/environment.ts', { fieldPath: 'metadata.uid' }),
      fileKeyRef: refused({ volumeName: 'v', path: 'p', key: 'k' }),
      resourceFieldRef: actedOn('env/environment.ts', { resource: 'limits.cpu' }),
      secretKeyRef: refused({ name: 's', key: 'k' }),
    },
  },
  ObjectFieldSelector: {
    at: [...main, 'env', 0, 'valueFrom', 'fieldRef'],
    beside: { fieldPath: 'metadata.name' },
    fields: { apiVersion: carried('v1'), fieldPath: requested('metadata.namespace') },
  },
  ResourceFieldSelector: {
    at: [...main, 'env', 0, 'valueFrom', 'resourceFieldRef'],
    beside: { resource: 'limits.cpu' },
    fields: {
      containerName: actedOn('env/environment.ts', 'main'),
      divisor: requested('1m'),
      resource: requested('requests.cpu'),
    },
  },
  ResourceRequirements: {
    at: [...main, 'resources'],
    fields: {
      claims: refused([{ name: 'c' }]),
      limits: requested({ memory: '1Gi' }),
      requests: requested({ cpu: '1' }),
    },
  },
  EphemeralContainer: {
    at: ['spec', 'ephemeralContainers', 0],
    beside: { name: 'e', image: 'a' },
    fields: {
      // As in a container, but for what a workload relies on, which the API server refuses as well.
      ...Object.fromEntries(
        [
          ['args', ['x']],
          ['command', ['x']],
          ['env', [{ name: 'A', value: 'b' }]],
          ['image', 'b'],
          ['name', 'other'],
          ['securityContext', { privileged: true }],
          ['stdin', true],
          ['stdinOnce', true],
          ['terminationMessagePath', '/last-words'],
          ['terminationMessagePolicy', 'FallbackToLogsOnError'],
          ['tty', true],
          ['workingDir', '/x'],
        ].map(([name, sample]) => [name, actedOn('containers/container-config.ts', sample)]),
      ),
      envFrom: refused([{ configMapRef: { name: 'c' } }]),
      imagePullPolicy: actedOn('images/image-manager.ts', 'Never'),
      lifecycle: refused({ preStop: { sleep: { seconds: 1 } } }),
      livenessProbe: refused(probe),
      ports: refused([{ containerPort: 80 }]),
      readinessProbe: refused(probe),
      resizePolicy: refused([{ resourceName: 'cpu', restartPolicy: 'NotRequired' }]),
      resources: refused({ limits: { cpu: '1' } }),
      restartPolicy: refused('Always'),
      restartPolicyRules: refused([{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }]),
      startupProbe: refused(probe),
      targetContainerName: actedOn('containers/container-config.ts', 'main'),
      volumeDevices: refused([{ name: 'v', devicePath: '/dev/x' }]),
      volumeMounts: actedOn('volumes/mount-paths.ts', []),
    },
  },
  ContainerRestartRule: {
    at: [...main, 'restartPolicyRules', 0],
    beside: { action: 'Restart', exitCodes: { operator: 'In', values: [1] } },
    fields: {
      action: actedOn('pods/actions/restart-all.ts', 'RestartAllContainers'),
      exitCodes: actedOn('containers/restart-policy.ts', { operator: 'NotIn', values: [2] }),
    },
  },
  ContainerRestartRuleOnExitCodes: {
    at: [...main, 'restartPolicyRules', 0, 'exitCodes'],
    beside: { operator: 'In', values: [1] },
    fields: {
      operator: actedOn('containers/restart-policy.ts', 'NotIn'),
      values: actedOn('containers/restart-policy.ts', [2]),
    },
  },
  ContainerResizePolicy: {
    at: [...main, 'resizePolicy', 0],
    beside: { resourceName: 'cpu', restartPolicy: 'NotRequired' },
    fields: { resourceName: carried('memory'), restartPolicy: carried('RestartContainer') },
  },
  SecurityContext: {
    at: [...main, 'securityContext'],
    fields: {
      allowPrivilegeEscalation: requested(false),
      appArmorProfile: refused({ type: 'RuntimeDefault' }),
      capabilities: requested({ drop: ['ALL'] }),
      privileged: requested(true),
      procMount: refused('Unmasked'),
      readOnlyRootFilesystem: requested(true),
      runAsGroup: requested(7),
      runAsNonRoot: actedOn('containers/security-context.ts', false),
      runAsUser: requested(7),
      seLinuxOptions: requested({ level: 's0' }),
      seccompProfile: requested(seccomp),
      windowsOptions: ignored({ runAsUserName: 'x' }),
    },
  },
  Capabilities: {
    at: [...main, 'securityContext', 'capabilities'],
    fields: { add: requested(['NET_ADMIN']), drop: requested(['ALL']) },
  },
  SeccompProfile: {
    at: [...main, 'securityContext', 'seccompProfile'],
    beside: { type: 'Localhost', localhostProfile: 'a.json' },
    fields: {
      localhostProfile: requested('b.json'),
      type: actedOn('containers/security-context.ts', 'Localhost'),
    },
  },
  VolumeMount: {
    at: [...main, 'volumeMounts', 0],
    beside: { name: 'v', mountPath: '/v' },
    fields: {
      bindMountOptions: requested(['noexec']),
      mountPath: requested('/w'),
      mountPropagation: requested('HostToContainer'),
      name: actedOn('volumes/mount-paths.ts', 'v'),
      readOnly: requested(true),
      recursiveReadOnly: refused('Enabled'),
      subPath: actedOn('volumes/sub-path.ts', 'x'),
      subPathExpr: actedOn('volumes/mount-paths.ts', '$(A)'),
    },
  },
  Volume: {
    at: ['spec', 'volumes', 0],
    beside: volume,
    fields: {
      ...Object.fromEntries(
        Object.keys(podSchema.Volume ?? {}).map((source) => [source, refused(sampleOf(source))]),
      ),
      emptyDir: actedOn('volumes/plugins/empty-dir.ts', {}),
      hostPath: actedOn('volumes/plugins/host-path.ts', { path: '/x' }),
      name: actedOn('volumes/manager.ts', 'v'),
    },
  },
  EmptyDirVolumeSource: {
    at: ['spec', 'volumes', 0, 'emptyDir'],
    fields: {
      medium: actedOn('volumes/plugins/empty-dir.ts', 'Memory'),
      mode: actedOn('volumes/plugins/empty-dir.ts', 0o700),
      // With medium: Memory it is the size of the file system, see validate-volume.ts.
      sizeLimit: ignored('1Mi'),
    },
  },
  HostPathVolumeSource: {
    at: ['spec', 'volumes', 0, 'hostPath'],
    beside: { path: '/x' },
    fields: {
      path: actedOn('volumes/plugins/host-path.ts', '/y'),
      type: actedOn('volumes/plugins/host-path.ts', 'Directory'),
    },
  },
  HostAlias: {
    at: ['spec', 'hostAliases', 0],
    beside: { ip: '192.0.2.8', hostnames: ['a'] },
    fields: { hostnames: requested(['b']), ip: requested('192.0.2.9') },
  },
  PodDNSConfig: {
    at: ['spec', 'dnsConfig'],
    fields: {
      nameservers: requested(['192.0.2.9']),
      options: requested([{ name: 'edns0' }]),
      searches: requested(['a.b']),
    },
  },
  PodDNSConfigOption: {
    at: ['spec', 'dnsConfig', 'options', 0],
    beside: { name: 'ndots' },
    fields: { name: requested('edns0'), value: requested('2') },
  },
  SELinuxOptions: {
    at: [...main, 'securityContext', 'seLinuxOptions'],
    fields: {
      level: requested('s0:c1,c2'),
      role: requested('r'),
      type: requested('t'),
      user: requested('u'),
    },
  },
  PodReadinessGate: {
    at: ['spec', 'readinessGates', 0],
    fields: { conditionType: actedOn('status/conditions.ts', 'a.b/c') },
  },
  Lifecycle: {
    at: [...main, 'lifecycle'],
    fields: {
      postStart: actedOn('pods/effects/start-container.ts', { sleep: { seconds: 1 } }),
      preStop: requested({ sleep: { seconds: 1 } }),
      stopSignal: requested('SIGUSR1'),
    },
  },
  LifecycleHandler: {
    at: [...main, 'lifecycle', 'postStart'],
    fields: {
      exec: actedOn('lifecycle/run-hook.ts', { command: ['x'] }),
      httpGet: actedOn('lifecycle/run-hook.ts', { port: 80 }),
      sleep: actedOn('lifecycle/run-hook.ts', { seconds: 1 }),
      // As in the real kubelet, such a hook fails.
      tcpSocket: actedOn('lifecycle/run-hook.ts', { port: 80 }),
    },
  },
  ExecAction: {
    at: [...main, 'lifecycle', 'postStart', 'exec'],
    fields: { command: actedOn('lifecycle/run-hook.ts', ['true']) },
  },
  HTTPGetAction: {
    at: [...main, 'lifecycle', 'postStart', 'httpGet'],
    beside: { port: 80 },
    fields: {
      host: actedOn('prober/http-request.ts', 'a'),
      httpHeaders: actedOn('prober/http-request.ts', [{ name: 'A', value: 'b' }]),
      path: actedOn('prober/http-request.ts', '/a'),
      port: actedOn('prober/http-request.ts', 81),
      protocol: ignored('HTTP2'),
      scheme: actedOn('prober/http-request.ts', 'HTTPS'),
    },
  },
  HTTPHeader: {
    at: [...main, 'lifecycle', 'postStart', 'httpGet', 'httpHeaders', 0],
    around: { at: [...main, 'lifecycle', 'postStart', 'httpGet'], object: { port: 80 } },
    beside: { name: 'A', value: 'b' },
    fields: {
      name: actedOn('prober/http-request.ts', 'B'),
      value: actedOn('prober/http-request.ts', 'c'),
    },
  },
  TCPSocketAction: {
    at: [...main, 'lifecycle', 'postStart', 'tcpSocket'],
    beside: { port: 80 },
    fields: { host: actedOn('lifecycle/run-hook.ts', 'a'), port: actedOn('lifecycle/run-hook.ts', 81) },
  },
  SleepAction: {
    at: [...main, 'lifecycle', 'postStart', 'sleep'],
    fields: { seconds: actedOn('lifecycle/run-hook.ts', 1) },
  },
  PodOS: { at: ['spec', 'os'], beside: { name: 'linux' }, fields: { name: carried('linux') } },
};

/** Types of fields that are carried along: nothing below them is looked at. */
export const carriedTypes = [
  'Affinity',
  'ManagedFieldsEntry',
  'OwnerReference',
  'PodSchedulingGroup',
  'Toleration',
  'TopologySpreadConstraint',
];

/** The least that a volume source of this name may say. */
function sampleOf(source: string): unknown {
  const fields = podSchema[podSchema.Volume?.[source] ?? ''] ?? {};
  const needed = Object.entries(fields).filter(([, type]) => type.endsWith('!'));
  return Object.fromEntries(
    needed.map(([name, type]) => {
      if (type.startsWith('[]')) return [name, ['x']];
      return [name, type.startsWith('int') ? 1 : type === 'string!' ? 'x' : {}];
    }),
  );
}
