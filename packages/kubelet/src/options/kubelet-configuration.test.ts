import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { buildConfiguration } from './build-options.ts';
import { configurationJson } from './configuration-json.ts';
import { flagValues } from './flag-values.ts';
import { parseCommandLine } from './flags.ts';
import { readKubeletConfiguration } from './kubelet-configuration.ts';
import { defaultRouteDevice } from './node-identity.ts';
import { hasSwap } from './swap.ts';

const head = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';

test('drop-in files change the file, or the defaults', () => {
  const dropIn = (text: string) => ({ path: '/d/a.conf', content: Buffer.from(head + text) });
  const both = [
    dropIn('maxPods: 20\nevictionHard: {nodefs.available: 5%}'),
    dropIn('maxPods: 30\nport: null'),
  ];
  assert.deepEqual(
    readKubeletConfiguration(`${head}port: 1\nevictionHard: {memory.available: 1Gi}`, both).settings,
    { maxPods: 30, evictionHard: { 'memory.available': '1Gi', 'nodefs.available': '5%' } },
  );
  assert.deepEqual(readKubeletConfiguration(undefined, both).settings.maxPods, 30);
  assert.throws(
    () => readKubeletConfiguration(undefined, [{ path: '/d/a.conf', content: Buffer.from('{}') }]),
    {
      message:
        'failed to load kubelet dropin file, path: /d/a.conf, error: kind: must be "KubeletConfiguration", not undefined',
    },
  );
});

test('fields that change nothing for pods are ignored with a line in the log', () => {
  const { settings, notices } = readKubeletConfiguration(
    `${head}featureGates: {A: true}\nsystemCgroups: /system`,
  );
  assert.deepEqual(settings, {});
  assert.deepEqual(
    notices.map((notice) => notice.replace(/:.*/, '')),
    ['featureGates has no effect', 'systemCgroups has no effect'],
  );
});

test('fields take effect, zero values are as if unset', () => {
  const { settings, notices } = readKubeletConfiguration(`${head}
staticPodPath: /m
cgroupDriver: systemd
syncFrequency: 0s
fileCheckFrequency: 5s
maxPods: 0
podPidsLimit: 100
clusterDNS: [10.96.0.10]
resolvConf: ""
crashLoopBackOff: {maxContainerRestartPeriod: 10s}
logging: {format: "", flushFrequency: 0, verbosity: 3, options: {json: {infoBufferSize: "0"}}}
authentication: {anonymous: {enabled: false}, webhook: {cacheTTL: 0s, enabled: true}, x509: {clientCAFile: /ca}}
authorization: {mode: Webhook, webhook: {cacheAuthorizedTTL: 0s}}
port: 0
tlsCurvePreferences: [23, 29]
memorySwap: {}
shutdownGracePeriod: 0s
`);
  assert.deepEqual(settings, {
    staticPodPath: '/m',
    cgroupDriver: 'systemd',
    fileCheckFrequency: 5000,
    podPidsLimit: 100,
    clusterDNS: ['10.96.0.10'],
    resolvConf: '',
    maxContainerRestartPeriod: 10_000,
    verbosity: 3,
    anonymousAuth: false,
    webhookAuth: true,
    clientCAFile: '/ca',
    authorizationMode: 'Webhook',
    tlsCurvePreferences: [23, 29],
  });
  assert.deepEqual(notices, []);
});

/** Every field of the type in Kubernetes 1.37, but for the groups, of which `fieldsInGroups` has the fields. */
const fieldsOf137 = `
address allowedUnsafeSysctls cgroupDriver cgroupRoot cgroupsPerQOS clusterDNS clusterDomain
configMapAndSecretChangeDetectionStrategy containerLogMaxFiles containerLogMaxSize containerLogMaxWorkers
containerLogMonitorInterval containerRuntimeEndpoint contentType cpuCFSQuota cpuCFSQuotaPeriod
cpuManagerPolicy cpuManagerPolicyOptions cpuManagerReconcilePeriod defaultPodSysctls
enableContentionProfiling enableControllerAttachDetach enableDebugFlagsHandler enableDebuggingHandlers
enableProfilingHandler enableServer enableSystemLogHandler enableSystemLogQuery enforceNodeAllocatable
eventBurst eventRecordQPS evictionHard evictionMaxPodGracePeriod evictionMinimumReclaim
evictionPressureTransitionPeriod evictionSoft evictionSoftGracePeriod failCgroupV1 failSwapOn featureGates
fileCheckFrequency hairpinMode healthzBindAddress healthzPort httpCheckFrequency imageGCHighThresholdPercent
imageGCLowThresholdPercent imageMaximumGCAge imageMinimumGCAge imagePullCredentialsVerificationPolicy
imageServiceEndpoint iptablesDropBit iptablesMasqueradeBit kernelMemcgNotification kubeAPIBurst kubeAPIQPS
kubeletCgroups kubeReserved kubeReservedCgroup localStorageCapacityIsolation makeIPTablesUtilChains
maxOpenFiles maxParallelImagePulls maxPods memoryManagerPolicy memoryReservationPolicy memoryThrottlingFactor
mergeDefaultEvictionSettings nodeLeaseDurationSeconds nodeStatusMaxImages nodeStatusReportFrequency
nodeStatusUpdateFrequency oomScoreAdj podCIDR podLogsDir podPidsLimit podsPerCore port
preloadedImagesVerificationAllowlist protectKernelDefaults providerID qosReserved readOnlyPort registerNode
registerWithTaints registryBurst registryPullQPS reservedMemory reservedSystemCPUs resolvConf
rotateCertificates runOnce runtimeRequestTimeout seccompDefault serializeImagePulls serverTLSBootstrap
showHiddenMetricsForVersion shutdownGracePeriod shutdownGracePeriodByPodPriority
shutdownGracePeriodCriticalPods singleProcessOOMKill staticPodPath staticPodURL staticPodURLHeader
streamingConnectionIdleTimeout syncFrequency systemCgroups systemReserved systemReservedCgroup tlsCertFile
tlsCipherSuites tlsCurvePreferences tlsMinVersion tlsPrivateKeyFile topologyManagerPolicy
topologyManagerPolicyOptions topologyManagerScope tracing volumePluginDir volumeStatsAggPeriod
`;
const fieldsInGroups = `
authentication.anonymous.enabled authentication.webhook.cacheTTL authentication.webhook.enabled authentication.x509.clientCAFile
authorization.mode authorization.webhook.cacheAuthorizedTTL authorization.webhook.cacheUnauthorizedTTL
crashLoopBackOff.maxContainerRestartPeriod
memorySwap.swapBehavior
userNamespaces.idsPerPod
logging.format logging.flushFrequency logging.verbosity logging.vmodule logging.options
`;

test('every field of Kubernetes 1.37 is known: it takes effect, or other values than the default are refused', () => {
  const words = (text: string): string[] => text.trim().split(/\s+/);
  const paths = [...words(fieldsOf137), ...words(fieldsInGroups)];
  assert.ok(paths.length > 120);
  for (const path of paths) {
    const parts = path.split('.');
    const text = `${parts.map((part) => `{${part}: `).join('')}null${'}'.repeat(parts.length)}`;
    const flow = text.replace(
      /^\{/,
      '{apiVersion: kubelet.config.k8s.io/v1beta1, kind: KubeletConfiguration, ',
    );
    assert.deepEqual(readKubeletConfiguration(flow).notices, [], path);
  }
});

test('logs are rotated at a size, by as many files as may be, or never', () => {
  const rotation = (...argv: string[]) => buildConfiguration(parseCommandLine(argv)).options.logRotation;
  assert.deepEqual(rotation(), { maxBytes: 10 * 1024 ** 2, maxFiles: 5, checkMs: 10_000 });
  assert.deepEqual(rotation('--container-log-max-size=1M', '--container-log-max-files=2'), {
    maxBytes: 1_000_000,
    maxFiles: 2,
    checkMs: 10_000,
  });
  assert.equal(rotation('--container-log-max-size=-1'), undefined);
  assert.throws(() => rotation('--container-log-max-files=1'), /must be a whole number from 2/);
  assert.throws(() => rotation('--container-log-max-size=1m'), /must be a quantity of whole units/);
  const file = `${head}containerLogMaxSize: 5Ki\ncontainerLogMonitorInterval: 3s\n`;
  assert.deepEqual(readKubeletConfiguration(file).settings, {
    containerLogMaxSize: '5Ki',
    containerLogMonitorInterval: 3000,
  });
  assert.throws(() => readKubeletConfiguration(`${head}containerLogMonitorInterval: 2s`), /from 3000ms/);
});

test('what the real kubelet ignores is told', () => {
  const cases: [string, RegExp][] = [
    [
      'staticPodPth: /m',
      /^strict decoding error: unknown field "staticPodPth" \(did you mean "staticPodPath"\?\)$/,
    ],
    ['logging: {verbose: 1}', /unknown field "logging.verbose"/],
    ['verbosity: 1', /unknown field "verbosity"/],
    ['maxPods: 5', /^line 4, column 1: key "maxPods" is already set$/],
    ['--- \na: [', /^more than one document/],
  ];
  for (const [text, notice] of cases) {
    const { settings, notices } = readKubeletConfiguration(`${head}maxPods: 5\n${text}\n`);
    assert.equal(settings.maxPods, 5);
    assert.equal(notices.length, 1, notices.join());
    assert.match(notices[0] ?? '', notice);
  }
});

test('numbers, booleans and anchors are those of Go’s YAML', () => {
  const text = `${head}maxPods: 0o17
healthzPort: 0x2808
podPidsLimit: 9223372036854775807
seccompDefault: on
cgroupsPerQOS: n
x: &dns [10.96.0.10]
clusterDNS: *dns
`;
  for (const content of [text, Buffer.from(`\ufeff${text}`, 'utf16le')]) {
    assert.deepEqual(readKubeletConfiguration(content).settings, {
      maxPods: 15,
      healthzPort: 10_248,
      podPidsLimit: Number.MAX_SAFE_INTEGER,
      seccompDefault: true,
      cgroupsPerQOS: false,
      clusterDNS: ['10.96.0.10'],
    });
  }
});

test('what is wrong or has no effect here is refused by name', () => {
  const cases: [string, RegExp][] = [
    [`${head}maxPods: many`, /maxPods: Invalid value: must be a whole number/],
    [`${head}clusterDNS: [dns]`, /clusterDNS: Invalid value: must be an IP address, not "dns"/],
    [
      `${head}tlsCurvePreferences: [a]`,
      /tlsCurvePreferences: Invalid value: must be a list of whole numbers/,
    ],
    [
      `${head}authorization: {mode: RBAC}`,
      /authorization.mode: Invalid value: must be "AlwaysAllow" or "Webhook"/,
    ],
    [
      `${head}evictionSoft: {disk.available: 1Gi}`,
      /evictionSoft: Invalid value: unsupported eviction signal/,
    ],
    [
      `${head}shutdownGracePeriodByPodPriority: [1]`,
      /must be a list of {priority, shutdownGracePeriodSeconds}/,
    ],
    [
      `${head}imageGCHighThresholdPercent: 101`,
      /imageGCHighThresholdPercent: Invalid value: .* from 0 to 100/,
    ],
    [`${head}evictionHard: {memory.available: 1x}`, /evictionHard: Invalid value: failed to parse quantity/],
    [`${head}memoryThrottlingFactor: 1.5`, /must be a number above 0, at most 1, not 1.5/],
    [`${head}enforceNodeAllocatable: [kube-reserved]`, /must be "pods" or "none"/],
    ['kind: Pod\napiVersion: v1', /kind: must be "KubeletConfiguration", not "Pod"/],
    ['kind: KubeletConfiguration\napiVersion: v1', /apiVersion: must be/],
    ['[', /not valid YAML/],
  ];
  for (const [text, error] of cases) assert.throws(() => readKubeletConfiguration(text), error, text);
});

test('options are in plain units, and paths absolute', () => {
  const { options } = buildConfiguration(parseCommandLine(['--hostname-override=N1', '--node-ip=10.0.0.9']));
  assert.equal(options.nodeName, 'n1');
  assert.deepEqual(options.nodeIps, ['10.0.0.9']);
  assert.equal(options.rootDir, '/var/lib/kubelet');
  assert.equal(options.cpuCfsQuotaPeriodUs, 100_000);
  assert.equal(options.maxParallelImagePulls, 1);
  assert.equal(options.staticPodPath, undefined);
  assert.equal(options.imageServiceEndpoint, options.containerRuntimeEndpoint);
  assert.deepEqual(options.readOnlyServer, { address: '127.0.0.1', port: 0 });
  const more = buildConfiguration(
    parseCommandLine([
      '--serialize-image-pulls=false',
      '--enable-server=false',
      '--read-only-port=10255',
      '--node-ip=::1',
    ]),
  ).options;
  assert.equal(more.maxParallelImagePulls, undefined);
  assert.equal(more.readOnlyServer.port, 0);
  const asked = buildConfiguration(parseCommandLine(['--read-only-port=10255'])).options;
  assert.deepEqual(asked.readOnlyServer, { address: '127.0.0.1', port: 10_255 });
  assert.throws(
    () => buildConfiguration(parseCommandLine(['--hostname-override=a_b'])),
    /--hostname-override/,
  );
  assert.throws(
    () => buildConfiguration(parseCommandLine(['--cgroup-root=x'])),
    /cgroupRoot: must be an absolute/,
  );
  assert.throws(
    () => buildConfiguration(parseCommandLine(['--config=/none'])),
    /path: \/none, error: ENOENT/,
  );
});

test('the secure server', () => {
  const built = (...argv: string[]) => buildConfiguration(parseCommandLine(argv));
  const { secureServer } = built('--root-dir=/r').options;
  assert.deepEqual(
    { ...secureServer, tls: { ...secureServer.tls, ciphers: '' } },
    {
      address: '127.0.0.1',
      port: 10_250,
      tls: {
        certDir: '/r/pki',
        certFile: undefined,
        keyFile: undefined,
        minVersion: 'TLSv1.2',
        ciphers: '',
        curves: undefined,
      },
      clientCaFile: undefined,
      tokenReviewMs: undefined,
      accessReviews: undefined,
      anonymousAuth: false,
      handlers: {
        debugging: true,
        profiling: true,
        debugFlags: true,
        systemLogs: true,
        systemLogQuery: false,
      },
      streamIdleTimeoutMs: 14_400_000,
    },
  );
  assert.equal(built('--enable-server=false').options.secureServer.port, 0);
  const old = built('--tls-min-version=VersionTLS10', '--cert-dir=/c', '--tls-cipher-suites=').options;
  assert.equal(old.secureServer.tls.certDir, '/c');
  assert.match(old.secureServer.tls.ciphers, /:@SECLEVEL=0$/);
  assert.deepEqual(
    built('--tls-min-version=VersionTLS13', '--tls-cipher-suites=TLS_RSA_WITH_AES_128_CBC_SHA').notices,
    [
      'Use of insecure cipher detected: TLS_RSA_WITH_AES_128_CBC_SHA',
      'TLS 1.3 cipher suites are not configurable, ignoring tlsCipherSuites',
    ],
  );
  const cases: [string, RegExp][] = [
    [
      '--authentication-token-webhook',
      /^ConfigurationError: no client provided, cannot use webhook authentic/,
    ],
    ['--authorization-mode=Webhook', /no client provided, cannot use webhook authorization: there is no API/],
    ['--tls-cert-file=/x', /tlsCertFile and tlsPrivateKeyFile must be given together/],
    ['--tls-min-version=1.2', /tlsMinVersion: unknown tls version "1.2"; known are VersionTLS10, /],
    ['--tls-cipher-suites=AES', /tlsCipherSuites: Cipher suite AES not supported or doesn't exist/],
  ];
  for (const [flag, error] of cases) assert.throws(() => built(flag), error, flag);
});

test('a URL of static pods, with headers that nobody is shown', () => {
  const argv = ['--manifest-url=https://h/pods', '--manifest-url-header=a:one,b:two:2,a:three'];
  const line = parseCommandLine(argv);
  const { options, settings } = buildConfiguration(line);
  const headers = { a: ['one', 'three'], b: ['two:2'] };
  assert.deepEqual(options.staticPodUrl, { url: 'https://h/pods', headers, checkFrequencyMs: 20_000 });
  assert.deepEqual(configurationJson(settings, '/pki')['staticPodURLHeader'], {
    a: ['<masked>'],
    b: ['<masked>'],
  });
  assert.equal(flagValues(line)['manifest-url-header'], 'a:<masked>,b:<masked>');
  const file = `${head}staticPodURL: http://h\nstaticPodURLHeader: {a: [one, three], b: ["two:2"]}\nhttpCheckFrequency: 5s\n`;
  assert.deepEqual(readKubeletConfiguration(file).settings, {
    staticPodURL: 'http://h',
    staticPodURLHeader: headers,
    httpCheckFrequency: 5000,
  });
  for (const [flag, error] of [
    ['--manifest-url=/etc/manifests', /staticPodURL: must be an http or https URL/],
    ['--manifest-url-header=secret', /must be a list of NAME:VALUE/],
  ] as const) {
    assert.throws(() => buildConfiguration(parseCommandLine([flag])), error);
  }
});

test('/configz and /flagz', () => {
  const line = parseCommandLine(['--max-pods=5', '--hostname-override=N1', '--node-ip=10.0.0.9,::1', '-v=2']);
  const { settings } = buildConfiguration(line);
  const configuration = configurationJson({ ...settings, clusterDNS: ['10.0.0.10'] }, '/pki');
  const { authentication, crashLoopBackOff, logging, ...rest } = configuration;
  assert.deepEqual(authentication, {
    anonymous: { enabled: false },
    webhook: { enabled: false, cacheTTL: '2m0s' },
  });
  assert.deepEqual(crashLoopBackOff, { maxContainerRestartPeriod: '5m0s' });
  assert.deepEqual(logging, {
    flushFrequency: '5s',
    format: 'text',
    options: {
      json: { infoBufferSize: '0' },
      text: { infoBufferSize: '0' },
    },
    verbosity: 2,
  });
  assert.deepEqual(
    ['kind', 'maxPods', 'clusterDNS', 'cpuCFSQuotaPeriod', 'eventRecordQPS', 'cgroupRoot', 'port'].map(
      (name) => rest[name],
    ),
    ['KubeletConfiguration', 5, ['10.0.0.10'], '100ms', 50, undefined, 10_250],
  );
  const flags = flagValues(line);
  const taints = parseCommandLine(['--register-with-taints=a=b:NoSchedule', '--node-labels=c=d,a=b']);
  assert.deepEqual(
    ['register-with-taints', 'node-labels', 'cloud-provider'].map((name) => flagValues(taints)[name]),
    ['a=b:NoSchedule', 'a=b,c=d', ''],
  );
  assert.equal(flags['register-with-taints'], '');
  assert.deepEqual(
    ['max-pods', 'hostname-override', 'node-ip', 'v', 'root-dir', 'event-qps', 'register-node', 'help'].map(
      (name) => flags[name],
    ),
    ['5', 'N1', '10.0.0.9,::1', '2', '/var/lib/kubelet', '50', 'true', 'false'],
  );
  for (const name of ['kubeconfig', 'allowed-unsafe-sysctls']) {
    assert.match(String(flags[name]), /^(\[\])?$/, name);
  }
});

test('addresses of the node are one, or one of each family', () => {
  const cases: [given: string, error: RegExp][] = [
    [
      '10.0.0.1,10.0.0.2',
      /^ConfigurationError: bad --node-ip "10.0.0.1,10.0.0.2": must contain either a single/,
    ],
    ['10.0.0.1,::1,10.0.0.2', /must contain either a single IP or a dual-stack pair of IPs$/],
    ['0.0.0.0,::1', /dual-stack node IP cannot include '0.0.0.0' or '::'$/],
  ];
  for (const [given, error] of cases) {
    assert.throws(() => buildConfiguration(parseCommandLine([`--node-ip=${given}`])), error);
  }
});

test('facts of the host', () => {
  assert.equal(hasSwap('Filename\tType\n'), false);
  assert.equal(hasSwap('Filename\tType\n/dev/sda2 partition 100 0 -2\n'), true);
  const routes =
    'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n' +
    'eth1\t00000000\t0102A8C0\t0003\t0\t0\t200\t00000000\n' +
    'eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\n' +
    'cni0\t0000580A\t00000000\t0001\t0\t0\t0\t0000FFFF\n';
  assert.equal(defaultRouteDevice(routes), 'eth0');
  assert.equal(defaultRouteDevice('Iface\n'), undefined);
});

test('reservations come from the file or the command line', () => {
  const text = `${head}systemReserved: {cpu: 500m, memory: 1Gi}
evictionHard: {memory.available: 200Mi}
mergeDefaultEvictionSettings: true
enforceNodeAllocatable: [none]
memorySwap: {swapBehavior: LimitedSwap}
userNamespaces: {idsPerPod: 131072}
`;
  const { settings } = readKubeletConfiguration(text);
  assert.deepEqual(settings, {
    systemReserved: { cpu: '500m', memory: '1Gi' },
    evictionHard: { 'memory.available': '200Mi' },
    mergeDefaultEvictionSettings: true,
    enforceNodeAllocatable: ['none'],
    swapBehavior: 'LimitedSwap',
    userNamespacesIdsPerPod: 131_072,
  });
  assert.deepEqual(readKubeletConfiguration(`${head}evictionHard: {}`).settings, { evictionHard: {} });
  const { options, notices } = buildConfiguration(
    parseCommandLine(['--kube-reserved=cpu=1,memory=2Gi', '--eviction-hard=memory.available<5%']),
  );
  assert.deepEqual(options.reservations, {
    systemReserved: {},
    kubeReserved: { cpu: '1', memory: '2Gi' },
    evictionHard: { 'memory.available': '5%' },
  });
  assert.deepEqual(notices, []);
  assert.deepEqual(
    options.eviction.thresholds.map(({ signal }) => signal),
    ['memory.available', 'allocatableMemory.available'],
  );
});

test('the node in its cluster', () => {
  const node = (file: string, ...flags: string[]) => {
    using scratch = scratchDir('kubelet-configuration');
    const path = join(scratch.path, 'config.yaml');
    writeFileSync(path, `${head}${file}`);
    return buildConfiguration(parseCommandLine([`--config=${path}`, ...flags])).options;
  };
  const { registration, nodeStatus, nodeLeaseSeconds, eventRate, podCidr } = node(
    'registerNode: false\nregisterWithTaints: [{key: a, effect: NoSchedule}]\nproviderID: p\nenableControllerAttachDetach: false\neventRecordQPS: 0\neventBurst: 0\nnodeLeaseDurationSeconds: 8\npodCIDR: 10.0.0.0/24\nnodeStatusMaxImages: -1\n',
    '--node-labels=a=b',
    '--cloud-provider=external',
  );
  assert.deepEqual(registration, {
    register: false,
    labels: { a: 'b' },
    taints: [{ key: 'a', effect: 'NoSchedule' }],
    providerId: 'p',
    hasExternalProvider: true,
    controllerAttaches: false,
  });
  assert.deepEqual(nodeStatus, { updateMs: 10_000, reportMs: 300_000, maxImages: -1 });
  assert.deepEqual(
    { nodeLeaseSeconds, eventRate, podCidr },
    { nodeLeaseSeconds: 8, eventRate: { qps: 0, burst: 100 }, podCidr: '10.0.0.0/24' },
  );
  const frequencies = (file: string, ...flags: string[]) => node(file, ...flags).nodeStatus;
  const reported = (reportMs: number, updateMs = 3000) => ({ reportMs, updateMs, maxImages: 50 });
  assert.deepEqual(frequencies('nodeStatusUpdateFrequency: 3s\n'), reported(3000));
  assert.deepEqual(
    frequencies('nodeStatusUpdateFrequency: 3s\nnodeStatusReportFrequency: 1m'),
    reported(60_000),
  );
  assert.deepEqual(frequencies('', '--node-status-update-frequency=3s'), reported(300_000));
  assert.throws(() => node('', '--node-labels=kubernetes.io/x=y'), /^ConfigurationError: unknown 'kuber/);
  assert.throws(() => node('', '--cloud-provider=aws'), /--cloud-provider: must be "external" or nothing/);
});

test('a node under pressure', () => {
  const built = (...argv: string[]) => buildConfiguration(parseCommandLine(argv));
  const { options } = built(
    '--eviction-soft=memory.available<1Gi',
    '--eviction-soft-grace-period=memory.available=90s',
    '--eviction-max-pod-grace-period=7',
    '--eviction-pressure-transition-period=0s',
    '--image-gc-high-threshold=50',
    '--image-gc-low-threshold=40',
    '--minimum-image-ttl-duration=1m',
    '--pods-per-core=1',
    '--registry-qps=0',
  );
  assert.deepEqual(
    options.eviction.thresholds
      .filter(({ graceMs }) => graceMs > 0)
      .map(({ signal, graceMs }) => [signal, graceMs]),
    [['memory.available', 90_000]],
  );
  assert.deepEqual([options.eviction.maxPodGraceSeconds, options.eviction.transitionMs], [7, 0]);
  assert.deepEqual(options.imageCollection, {
    highPercent: 50,
    lowPercent: 40,
    minAgeMs: 60_000,
    maxAgeMs: 0,
  });
  assert.ok(options.maxPods < 110);
  assert.equal(options.pullRate, undefined);
  const defaults = built().options;
  assert.equal(defaults.eviction.thresholds.length, 6);
  assert.deepEqual([defaults.shutdownPeriods, defaults.pullRate], [[], { qps: 5, burst: 10 }]);
  const file = readKubeletConfiguration(`${head}shutdownGracePeriodByPodPriority:
- {priority: 100, shutdownGracePeriodSeconds: 3}
makeIPTablesUtilChains: false
`);
  assert.deepEqual(file.settings, {
    shutdownGracePeriodByPodPriority: [{ priority: 100, shutdownGracePeriodSeconds: 3 }],
    makeIPTablesUtilChains: false,
  });
  assert.deepEqual(built('--hairpin-mode=none').notices, [
    'hairpinMode has no effect: the CNI plugin decides it',
  ]);
  assert.throws(
    () => built('--image-gc-high-threshold=80'),
    /80 must be less than imageGCHighThresholdPercent/,
  );
  assert.throws(() => built('--eviction-soft=memory.available<1Gi'), /grace period must be specified/);
});
