import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCommandLine } from './flags.ts';
import { knownFlags, usage } from './known-flags.ts';

test('pflag’s ways to write a flag', () => {
  const { flags, settings } = parseCommandLine([
    '--container-runtime-endpoint=/run/x.sock',
    '--pod-manifest-path',
    '/manifests',
    '--cgroups-per-qos=false',
    '--seccomp-default',
    '--max_pods=5',
    '-v=4',
    '--file-check-frequency=1m30s',
    '--cluster-dns=10.0.0.10,fd00::a',
    '--node-ip=10.0.0.1',
    '--hostname-override=me',
    '--root-dir',
    '/r',
  ]);
  assert.deepEqual(settings, {
    containerRuntimeEndpoint: '/run/x.sock',
    staticPodPath: '/manifests',
    cgroupsPerQOS: false,
    seccompDefault: true,
    maxPods: 5,
    verbosity: 4,
    fileCheckFrequency: 90_000,
    clusterDNS: ['10.0.0.10', 'fd00::a'],
  });
  assert.deepEqual(flags.nodeIps, ['10.0.0.1']);
  assert.equal(flags.hostnameOverride, 'me');
  assert.equal(flags.rootDir, '/r');
  assert.equal(parseCommandLine(['-v2']).settings.verbosity, 2);
  assert.equal(parseCommandLine(['-v', '3']).settings.verbosity, 3);
  assert.equal(parseCommandLine(['--v=1']).settings.verbosity, 1);
  assert.equal(parseCommandLine(['--version']).flags.version, true);
  assert.equal(parseCommandLine(['-h']).flags.help, true);
});

test('what can not be read names the flag', () => {
  const cases: [string[], RegExp][] = [
    [['--pod-manifest-pth=/x'], /unknown flag: --pod-manifest-pth \(did you mean --pod-manifest-path\?\)/],
    [['--max-pods=many'], /invalid argument "many" for "--max-pods" flag: must be a whole number/],
    [['--max-pods'], /flag needs an argument: --max-pods/],
    [['--fail-swap-on', 'false'], /unknown command "false"/],
    [['--fail-swap-on=no'], /invalid argument "no" for "--fail-swap-on" flag/],
    [['--file-check-frequency=20'], /invalid duration "20"/],
    [['--cgroup-driver=docker'], /must be "cgroupfs" or "systemd"/],
    [['--eviction-soft=disk.available<1Gi'], /unsupported eviction signal disk.available/],
    [['--eviction-soft-grace-period=memory.available=-1s'], /must be a positive value/],
    [['--eviction-minimum-reclaim=memory.available=0%'], /must be positive: 0%/],
    [['--cpu-manager-policy=static'], /--cpu-manager-policy=.* is not supported/],
    [['--system-reserved=cpu'], /must be a list of NAME=QUANTITY/],
    [['--kube-reserved=gpu=1'], /cannot reserve "gpu" resource/],
    [['--enforce-node-allocatable=system-reserved'], /must be "pods" or "none"/],
    [['serve'], /unknown command "serve"/],
    [['--constructor=x'], /unknown flag: --constructor/],
    [['--foo'], /^ConfigurationError: unknown flag: --foo$/],
    [['--foo=1'], /^ConfigurationError: unknown flag: --foo$/],
    [['-x'], /^ConfigurationError: unknown shorthand flag: 'x' in -x$/],
    [['--'], /unknown command "--"/],
  ];
  for (const [argv, error] of cases) assert.throws(() => parseCommandLine(argv), error, argv.join(' '));
});

test('a flag that asks for what happens anyway is fine', () => {
  const { settings, notices } = parseCommandLine([
    '--config-dir=',
    '--cpu-manager-policy=none',
    '--cpu-manager-reconcile-period=10s',
    '--feature-gates=',
    '--pod-infra-container-image=registry.k8s.io/pause:3.9',
    '--runtime-cgroups',
    '/docker-daemon',
    '--feature-gates=A=true',
  ]);
  assert.deepEqual(settings, {});
  assert.deepEqual(
    notices.map((notice) => notice.replace(/:.*/, '')),
    ['pod-infra-container-image', 'runtime-cgroups', 'feature-gates'].map(
      (name) => `--${name} has no effect`,
    ),
  );
});

test('Go’s words for true and false', () => {
  for (const word of ['true', 'TRUE', 'True', 't', 'T', '1']) {
    assert.equal(parseCommandLine([`--fail-swap-on=${word}`]).settings.failSwapOn, true, word);
  }
  for (const word of ['false', 'FALSE', 'False', 'f', 'F', '0']) {
    assert.equal(parseCommandLine([`--fail-swap-on=${word}`]).settings.failSwapOn, false, word);
  }
});

test('--help tells of every flag what it does and what it is by default', () => {
  const help = usage();
  for (const { name } of knownFlags.values()) {
    assert.match(help, new RegExp(`^  --?${name}(?: VALUE)? +\\S.{8,}$`, 'm'));
  }
  assert.match(help, /--runtime-request-timeout VALUE +Deadline .* \(default 2m0s\)$/m);
  assert.match(help, /--read-only-port VALUE .*; 0: off$/m);
  assert.ok(help.split('\n').every((line) => line.length <= 120));
});

test('labels of the node, of several flags and in pairs', () => {
  const { flags } = parseCommandLine(['--node-labels=a=b, c = d=e', '--node-labels=a=f']);
  assert.deepEqual(flags.nodeLabels, { a: 'f', c: 'd=e' });
  assert.throws(() => parseCommandLine(['--node-labels=a']), {
    message: 'invalid argument "a" for "--node-labels" flag: malformed pair, expect string=string',
  });
});
