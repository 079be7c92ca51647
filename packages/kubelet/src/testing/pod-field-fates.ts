// What becomes of every field that Kubernetes has in a pod, with a value to try it with. See api/supported-fields.test.ts.
import { podSchema } from '../api/generated/pod-schema.ts';

/** What becomes of a field. */
export type Fate =
  /** Shows in what the runtime is asked for. */
  | { fate: 'requested'; sample: unknown }
  /** Acted on in `where`. `beside` takes the place of what the manifest needs for the other fields. */
  | { fate: 'acted on'; sample: unknown; where: string; beside?: Record<string, unknown> }
  /** Nothing to act on here: what only schedulers, controllers or later changes of a pod read. */
  | { fate: 'carried'; sample: unknown }
  /** The real kubelet does without it as well on such a node: told in the log, refused by `berth up` by default. */
  | { fate: 'ignored'; sample: unknown }
  /** `told`: the path of the field that the error names, where that is another one. */
  | { fate: 'refused'; sample: unknown; told?: string };

const requested = (sample: unknown): Fate => ({ fate: 'requested', sample });
const actedOn = (where: string, sample: unknown): Fate => ({ fate: 'acted on', sample, where });
const oneOf = (where: string, sample: unknown): Fate => ({
  fate: 'acted on',
  sample,
  where,
  beside: {},
});
const carried = (sample: unknown): Fate => ({ fate: 'carried', sample });
const ignored = (sample: unknown): Fate => ({ fate: 'ignored', sample });
const refused = (sample: unknown, told?: string): Fate => ({
  fate: 'refused',
  sample,
  ...(told && { told }),
});

/** Where fields of a type are tried: the path of an object of that type, and what else the manifest needs. */
export interface Place {
  at: (string | number)[];
  beside?: Record<string, unknown>;
  /** What objects around it need: `object` at the path `at`. */
  within?: { at: (string | number)[]; object: Record<string, unknown> };
  /** Fields of which an object has one: the others of `beside` are left out. */
  oneOf?: string[];
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
      hostUsers: requested(false),
      hostname: requested('h'),
      hostnameOverride: requested('h'),
      imagePullSecrets: actedOn('images/credentials/pull-credentials.ts', [{ name: 's' }]),
      initContainers: actedOn('pods/actions/init-actions.ts', [{ name: 'i', image: 'a' }]),
      nodeName: actedOn('config/static-pod.ts', 'n'),
      nodeSelector: actedOn('admission/node-affinity.ts', { a: 'b' }),
      os: actedOn('admission/operating-system.ts', { name: 'linux' }),
      overhead: requested({ cpu: '1' }),
      preemptionPolicy: carried('Never'),
      priority: actedOn('api/critical.ts', 1),
      priorityClassName: requested('system-node-critical'),
      readinessGates: actedOn('status/conditions.ts', [{ conditionType: 'a.b/c' }]),
      // As the real kubelet: a static pod may not reference a resource claim.
      resourceClaims: refused([{ name: 'c', resourceClaimName: 'c' }]),
      resources: requested({ limits: { cpu: '1' } }),
      restartPolicy: actedOn('containers/restart-policy.ts', 'Never'),
      runtimeClassName: actedOn('pods/effects/create-sandbox.ts', 'kata'),
      schedulerName: carried('mine'),
      schedulingGates: refused([{ name: 'a.b/c' }], 'spec.nodeName'),
      schedulingGroup: carried({ podGroupName: 'g' }),
      securityContext: requested({ runAsUser: 5 }),
      // As the real kubelet: a static pod may not reference a service account.
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
      appArmorProfile: requested({ type: 'RuntimeDefault' }),
      fsGroup: requested(7),
      // Kubernetes: no effect on ephemeral volumes, and hostPath has no owner to change.
      fsGroupChangePolicy: carried('Always'),
      runAsGroup: requested(7),
      runAsNonRoot: actedOn('containers/security-context.ts', false),
      runAsUser: requested(7),
      seLinuxChangePolicy: actedOn('volumes/selinux/asked-label.ts', 'Recursive'),
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
      envFrom: requested([{ configMapRef: { name: 'c' } }]),
      image: requested('b'),
      imagePullPolicy: actedOn('images/image-manager.ts', 'Never'),
      lifecycle: requested({ preStop: { sleep: { seconds: 1 } } }),
      livenessProbe: actedOn('prober/manager.ts', probe),
      name: requested('other'),
      ports: requested([{ containerPort: 80, hostPort: 8080 }]),
      readinessProbe: actedOn('prober/manager.ts', probe),
      resizePolicy: actedOn('pods/actions/resize.ts', [
        { resourceName: 'cpu', restartPolicy: 'RestartContainer' },
      ]),
      resources: requested({ limits: { cpu: '1' } }),
      restartPolicy: actedOn('containers/restart-policy.ts', 'Always'),
      restartPolicyRules: actedOn('containers/restart-policy.ts', [
        { action: 'Restart', exitCodes: { operator: 'In', values: [1] } },
      ]),
      securityContext: requested({ privileged: true }),
      startupProbe: actedOn('prober/manager.ts', probe),
      stdin: requested(true),
      stdinOnce: requested(true),
      terminationMessagePath: requested('/last-words'),
      terminationMessagePolicy: requested('FallbackToLogsOnError'),
      tty: requested(true),
      volumeDevices: refused([{ name: 'v', devicePath: '/dev/x' }]),
      volumeMounts: actedOn('volumes/mount-sources.ts', []),
      workingDir: requested('/x'),
    },
  },
  Probe: {
    at: [...main, 'livenessProbe'],
    beside: probe,
    fields: {
      exec: oneOf('prober/exec.ts', { command: ['true'] }),
      failureThreshold: actedOn('prober/threshold.ts', 2),
      grpc: oneOf('prober/grpc.ts', { port: 80 }),
      httpGet: oneOf('prober/http.ts', { port: 80 }),
      initialDelaySeconds: actedOn('prober/threshold.ts', 1),
      periodSeconds: actedOn('prober/threshold.ts', 1),
      successThreshold: actedOn('prober/threshold.ts', 1),
      tcpSocket: actedOn('prober/tcp.ts', { port: 81 }),
      terminationGracePeriodSeconds: actedOn('pods/effects/kill-container.ts', 1),
      timeoutSeconds: actedOn('prober/run-probe.ts', 2),
    },
  },
  ExecAction: {
    at: [...main, 'livenessProbe', 'exec'],
    fields: { command: actedOn('prober/exec.ts', ['true']) },
  },
  HTTPGetAction: {
    at: [...main, 'livenessProbe', 'httpGet'],
    beside: { port: 80 },
    fields: {
      host: actedOn('prober/http-request.ts', 'a'),
      httpHeaders: actedOn('prober/http-request.ts', [{ name: 'A', value: 'b' }]),
      path: actedOn('prober/http-request.ts', '/a'),
      port: actedOn('prober/http-request.ts', 81),
      protocol: ignored('HTTP2'),
      scheme: actedOn('prober/http.ts', 'HTTPS'),
    },
  },
  HTTPHeader: {
    at: [...main, 'livenessProbe', 'httpGet', 'httpHeaders', 0],
    within: { at: [...main, 'livenessProbe', 'httpGet'], object: { port: 80 } },
    beside: { name: 'A', value: 'b' },
    fields: {
      name: actedOn('prober/http-request.ts', 'B'),
      value: actedOn('prober/http-request.ts', 'c'),
    },
  },
  TCPSocketAction: {
    at: [...main, 'livenessProbe', 'tcpSocket'],
    beside: { port: 80 },
    fields: { host: actedOn('prober/tcp.ts', 'a'), port: actedOn('prober/tcp.ts', 81) },
  },
  GRPCAction: {
    at: [...main, 'livenessProbe', 'grpc'],
    beside: { port: 80 },
    fields: {
      mode: ignored('TLS'),
      port: actedOn('prober/grpc.ts', 81),
      service: actedOn('prober/grpc.ts', 's'),
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
      configMapKeyRef: actedOn('env/environment.ts', { name: 'c', key: 'k' }),
      fieldRef: actedOn('env/environment.ts', { fieldPath: 'metadata.uid' }),
      fileKeyRef: actedOn('env/environment.ts', { volumeName: 'v', path: 'p', key: 'k' }),
      resourceFieldRef: actedOn('env/environment.ts', { resource: 'limits.cpu' }),
      secretKeyRef: actedOn('env/environment.ts', { name: 's', key: 'k' }),
    },
  },
  ConfigMapKeySelector: {
    at: [...main, 'env', 0, 'valueFrom', 'configMapKeyRef'],
    beside: { name: 'c', key: 'k' },
    fields: {
      key: requested('other'),
      name: requested('other'),
      optional: actedOn('env/environment.ts', true),
    },
  },
  SecretKeySelector: {
    at: [...main, 'env', 0, 'valueFrom', 'secretKeyRef'],
    beside: { name: 's', key: 'k' },
    fields: {
      key: requested('other'),
      name: requested('other'),
      optional: actedOn('env/environment.ts', true),
    },
  },
  FileKeySelector: {
    at: [...main, 'env', 0, 'valueFrom', 'fileKeyRef'],
    beside: { volumeName: 'v', path: 'p', key: 'k' },
    fields: {
      key: requested('other'),
      optional: actedOn('env/environment.ts', true),
      path: requested('other'),
      volumeName: actedOn('podfiles/env-file.ts', 'v'),
    },
  },
  EnvFromSource: {
    at: [...main, 'envFrom', 0],
    beside: { configMapRef: { name: 'c' } },
    fields: {
      configMapRef: requested({ name: 'other' }),
      prefix: requested('P_'),
      // Not beside configMapRef: SecretEnvSource tries it.
      secretRef: actedOn('env/environment.ts', null),
    },
  },
  ConfigMapEnvSource: {
    at: [...main, 'envFrom', 0, 'configMapRef'],
    beside: { name: 'c' },
    fields: { name: requested('other'), optional: actedOn('env/environment.ts', true) },
  },
  SecretEnvSource: {
    at: [...main, 'envFrom', 0, 'secretRef'],
    beside: { name: 's' },
    fields: { name: requested('other'), optional: actedOn('env/environment.ts', true) },
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
      envFrom: actedOn('env/environment.ts', [{ configMapRef: { name: 'c' } }]),
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
      volumeMounts: actedOn('volumes/mount-sources.ts', []),
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
    fields: {
      resourceName: actedOn('pods/actions/resize.ts', 'memory'),
      restartPolicy: actedOn('pods/actions/resize.ts', 'RestartContainer'),
    },
  },
  SecurityContext: {
    at: [...main, 'securityContext'],
    fields: {
      allowPrivilegeEscalation: requested(false),
      appArmorProfile: requested({ type: 'RuntimeDefault' }),
      capabilities: requested({ drop: ['ALL'] }),
      privileged: requested(true),
      // Unmasked needs a pod with users of its own.
      procMount: actedOn('containers/security-context.ts', 'Default'),
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
  AppArmorProfile: {
    at: [...main, 'securityContext', 'appArmorProfile'],
    beside: { type: 'Localhost', localhostProfile: 'a' },
    fields: {
      localhostProfile: requested('b'),
      type: actedOn('containers/security-context.ts', 'Localhost'),
    },
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
    beside: { name: 'v', mountPath: '/v', readOnly: true },
    fields: {
      bindMountOptions: requested(['noexec']),
      mountPath: requested('/w'),
      mountPropagation: requested('HostToContainer'),
      name: actedOn('volumes/mount-sources.ts', 'v'),
      readOnly: requested(false),
      recursiveReadOnly: requested('Enabled'),
      subPath: actedOn('volumes/sub-path.ts', 'x'),
      subPathExpr: actedOn('volumes/mount-sources.ts', '$(A)'),
    },
  },
  Volume: {
    at: ['spec', 'volumes', 0],
    beside: volume,
    fields: {
      ...Object.fromEntries(
        Object.keys(podSchema.Volume ?? {}).map((source) => [source, refused(sampleOf(source))]),
      ),
      flexVolume: actedOn('volumes/plugins/flex-volume.ts', { driver: 'd' }),
      configMap: actedOn('volumes/plugins/config-map.ts', { name: 'c' }),
      downwardAPI: actedOn('volumes/plugins/downward-api.ts', {}),
      image: actedOn('volumes/plugins/image.ts', { reference: 'a' }),
      iscsi: actedOn('volumes/plugins/iscsi.ts', {
        targetPortal: 'p',
        iqn: 'iqn.2026-11.dev.berth:t',
        lun: 0,
      }),
      nfs: actedOn('volumes/plugins/nfs.ts', { server: 's', path: '/x' }),
      projected: actedOn('volumes/plugins/projected.ts', {}),
      secret: actedOn('volumes/plugins/secret.ts', { secretName: 's' }),
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
  ConfigMapVolumeSource: {
    at: ['spec', 'volumes', 0, 'configMap'],
    beside: { name: 'c' },
    fields: {
      defaultMode: actedOn('volumes/plugins/config-map.ts', 0o400),
      defaultUser: actedOn('volumes/plugins/config-map.ts', 7),
      items: actedOn('volumes/plugins/config-map.ts', [{ key: 'k', path: 'p' }]),
      name: actedOn('volumes/plugins/config-map.ts', 'd'),
      optional: actedOn('volumes/plugins/config-map.ts', true),
    },
  },
  SecretVolumeSource: {
    at: ['spec', 'volumes', 0, 'secret'],
    beside: { secretName: 's' },
    fields: {
      defaultMode: actedOn('volumes/plugins/secret.ts', 0o400),
      defaultUser: actedOn('volumes/plugins/secret.ts', 7),
      items: actedOn('volumes/plugins/secret.ts', [{ key: 'k', path: 'p' }]),
      optional: actedOn('volumes/plugins/secret.ts', true),
      secretName: actedOn('volumes/plugins/secret.ts', 't'),
    },
  },
  KeyToPath: {
    at: ['spec', 'volumes', 0, 'configMap', 'items', 0],
    within: { at: ['spec', 'volumes', 0, 'configMap'], object: { name: 'c' } },
    beside: { key: 'k', path: 'p' },
    fields: {
      key: actedOn('volumes/contents/from-object.ts', 'l'),
      mode: actedOn('volumes/contents/from-object.ts', 0o400),
      path: actedOn('volumes/contents/from-object.ts', 'q/r'),
      user: actedOn('volumes/contents/from-object.ts', 7),
    },
  },
  DownwardAPIVolumeSource: {
    at: ['spec', 'volumes', 0, 'downwardAPI'],
    fields: {
      defaultMode: actedOn('volumes/plugins/downward-api.ts', 0o400),
      defaultUser: actedOn('volumes/plugins/downward-api.ts', 7),
      items: actedOn('volumes/plugins/downward-api.ts', [
        { path: 'p', fieldRef: { fieldPath: 'metadata.labels' } },
      ]),
    },
  },
  DownwardAPIVolumeFile: {
    at: ['spec', 'volumes', 0, 'downwardAPI', 'items', 0],
    beside: { path: 'p', resourceFieldRef: { containerName: 'main', resource: 'limits.cpu' } },
    oneOf: ['fieldRef', 'resourceFieldRef'],
    fields: {
      fieldRef: actedOn('volumes/contents/from-pod.ts', { fieldPath: 'metadata.name' }),
      mode: actedOn('volumes/contents/from-pod.ts', 0o400),
      path: actedOn('volumes/contents/from-pod.ts', 'q/r'),
      resourceFieldRef: actedOn('volumes/contents/from-pod.ts', {
        containerName: 'main',
        resource: 'requests.cpu',
      }),
      user: actedOn('volumes/contents/from-pod.ts', 7),
    },
  },
  ImageVolumeSource: {
    at: ['spec', 'volumes', 0, 'image'],
    beside: { reference: 'a' },
    fields: {
      pullPolicy: actedOn('pods/effects/prepare-pod.ts', 'Never'),
      reference: actedOn('volumes/mount-sources.ts', 'b'),
    },
  },
  ISCSIVolumeSource: {
    at: ['spec', 'volumes', 0, 'iscsi'],
    beside: { targetPortal: 'p', iqn: 'iqn.2026-11.dev.berth:t', lun: 0, secretRef: { name: 's' } },
    fields: {
      chapAuthDiscovery: actedOn('volumes/iscsi/chap.ts', true),
      chapAuthSession: actedOn('volumes/iscsi/chap.ts', true),
      fsType: actedOn('volumes/format-and-mount.ts', 'xfs'),
      initiatorName: actedOn('volumes/iscsi/iscsi-disk.ts', 'iqn.2026-11.dev.berth:i'),
      iqn: actedOn('volumes/iscsi/iscsi-disk.ts', 'iqn.2026-11.dev.berth:u'),
      iscsiInterface: actedOn('volumes/iscsi/iscsi-disk.ts', 'tcp'),
      lun: actedOn('volumes/iscsi/iscsi-disk.ts', 1),
      portals: actedOn('volumes/iscsi/iscsi-disk.ts', ['q']),
      readOnly: actedOn('volumes/plugins/iscsi.ts', true),
      secretRef: actedOn('volumes/plugins/iscsi.ts', { name: 't' }),
      targetPortal: actedOn('volumes/iscsi/iscsi-disk.ts', 'r'),
    },
  },
  NFSVolumeSource: {
    at: ['spec', 'volumes', 0, 'nfs'],
    beside: { server: 's', path: '/x' },
    fields: {
      path: actedOn('volumes/plugins/nfs.ts', '/y'),
      readOnly: actedOn('volumes/plugins/nfs.ts', true),
      server: actedOn('volumes/plugins/nfs.ts', 't'),
    },
  },
  FlexVolumeSource: {
    at: ['spec', 'volumes', 0, 'flexVolume'],
    beside: { driver: 'd' },
    fields: {
      driver: actedOn('volumes/plugins/flex-volume.ts', 'e'),
      fsType: actedOn('volumes/plugins/flex-volume.ts', 'ext4'),
      options: actedOn('volumes/plugins/flex-volume.ts', { a: 'b' }),
      readOnly: actedOn('volumes/plugins/flex-volume.ts', true),
      secretRef: actedOn('volumes/plugins/flex-volume.ts', { name: 's' }),
    },
  },
  ProjectedVolumeSource: {
    at: ['spec', 'volumes', 0, 'projected'],
    fields: {
      defaultMode: actedOn('volumes/contents/projection.ts', 0o400),
      defaultUser: actedOn('volumes/contents/projection.ts', 7),
      sources: actedOn('volumes/contents/projection.ts', [{ configMap: { name: 'c' } }]),
    },
  },
  VolumeProjection: {
    at: ['spec', 'volumes', 0, 'projected', 'sources', 0],
    fields: {
      clusterTrustBundle: refused({ name: 'b', path: 'p' }),
      configMap: actedOn('volumes/contents/projection.ts', { name: 'c' }),
      downwardAPI: actedOn('volumes/contents/projection.ts', {}),
      podCertificate: refused({ signerName: 's', keyType: 'ED25519' }),
      secret: actedOn('volumes/contents/projection.ts', { name: 's' }),
      serviceAccountToken: refused({ path: 'p' }),
    },
  },
  ConfigMapProjection: {
    at: ['spec', 'volumes', 0, 'projected', 'sources', 0, 'configMap'],
    beside: { name: 'c' },
    fields: {
      items: actedOn('volumes/contents/from-object.ts', [{ key: 'k', path: 'p' }]),
      name: actedOn('volumes/contents/from-object.ts', 'd'),
      optional: actedOn('volumes/contents/from-object.ts', true),
    },
  },
  SecretProjection: {
    at: ['spec', 'volumes', 0, 'projected', 'sources', 0, 'secret'],
    beside: { name: 's' },
    fields: {
      items: actedOn('volumes/contents/from-object.ts', [{ key: 'k', path: 'p' }]),
      name: actedOn('volumes/contents/from-object.ts', 't'),
      optional: actedOn('volumes/contents/from-object.ts', true),
    },
  },
  DownwardAPIProjection: {
    at: ['spec', 'volumes', 0, 'projected', 'sources', 0, 'downwardAPI'],
    fields: {
      items: actedOn('volumes/contents/from-pod.ts', [
        { path: 'p', fieldRef: { fieldPath: 'metadata.uid' } },
      ]),
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
    // A stop signal needs it.
    within: { at: ['spec', 'os'], object: { name: 'linux' } },
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
  SleepAction: {
    at: [...main, 'lifecycle', 'postStart', 'sleep'],
    fields: { seconds: actedOn('lifecycle/run-hook.ts', 1) },
  },
  LocalObjectReference: {
    at: ['spec', 'imagePullSecrets', 0],
    fields: { name: actedOn('images/credentials/pull-credentials.ts', 's') },
  },
  PodOS: {
    at: ['spec', 'os'],
    beside: { name: 'linux' },
    fields: { name: actedOn('admission/operating-system.ts', 'linux') },
  },
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
