import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildConfiguration, hasSwap } from './build-options.ts';
import { configurationJson } from './configuration-json.ts';
import { flagValues } from './flag-values.ts';
import { parseCommandLine } from './flags.ts';
import { readKubeletConfiguration } from './kubelet-configuration.ts';
import { defaultRouteDevice } from './node-identity.ts';

const head = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';

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
logging: {format: text, flushFrequency: 0, verbosity: 3, options: {json: {infoBufferSize: "0"}}}
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
    ['rotateCertificates: true', /^rotateCertificates has no effect: there is no API server$/],
    ['authentication: {webhook: {cacheTTL: 9s}}', /^authentication.webhook.cacheTTL has no effect/],
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
    [`${head}featureGates: {A: true}`, /featureGates: Forbidden: .* is not supported/],
    [`${head}evictionSoft: {memory.available: 1Gi}`, /evictionSoft: Forbidden/],
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
  assert.deepEqual(notices, ['evictionHard reserves memory and disk; this kubelet does not evict pods yet']);
});
