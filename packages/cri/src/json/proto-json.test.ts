import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContainerState, ContainerStatus, ExecSyncResponse, PodSandboxStatus } from '../generated/api.ts';
import { fromProtoJson, toProtoJson } from './proto-json.ts';

test('every field of a message appears in its JSON', () => {
  const status = PodSandboxStatus.fromPartial({
    id: 'a',
    metadata: { name: 'web', uid: 'u', namespace: 'default', attempt: 1 },
    createdAt: 1_700_000_000_000_000_001n,
    labels: { b: '2', a: '1' },
  });
  const json = toProtoJson('PodSandboxStatus', status);
  assert.deepEqual(json, {
    id: 'a',
    metadata: { name: 'web', uid: 'u', namespace: 'default', attempt: 1 },
    state: 'SANDBOX_READY',
    createdAt: '1700000000000000001',
    network: null,
    linux: null,
    labels: { a: '1', b: '2' },
    annotations: {},
    runtimeHandler: '',
  });
  assert.deepEqual(Object.keys(Object(json.labels)), ['a', 'b']);
  const omitted = toProtoJson('PodSandboxStatus', status, { unsetMessages: 'omit' });
  assert.equal('network' in omitted, false);
});

test('an enum value that the schema lacks is printed as its number', () => {
  const status = ContainerStatus.fromPartial({ state: ContainerState.CONTAINER_EXITED });
  assert.equal(toProtoJson('ContainerStatus', status).state, 'CONTAINER_EXITED');
  const newer = ContainerStatus.decode(Buffer.from([0x18, 99]));
  assert.equal(toProtoJson('ContainerStatus', newer).state, 99);
});

test('bytes are base64, values of environment variables are text', () => {
  const output = ExecSyncResponse.fromPartial({ stdout: Buffer.from('a') });
  assert.deepEqual(toProtoJson('ExecSyncResponse', output), { stdout: 'YQ==', stderr: '', exitCode: 0 });
  const config = fromProtoJson('ContainerConfig', { envs: [{ key: 'A', value: 'ü' }, { key: 'B' }] });
  assert.equal(Buffer.from(config.envs[0]?.value ?? []).toString(), 'ü');
  assert.deepEqual(toProtoJson('ContainerConfig', config).envs, [
    { key: 'A', value: 'ü' },
    { key: 'B', value: '' },
  ]);
});

test('both spellings of a field name are read', () => {
  const expected = {
    logDirectory: '/l',
    portMappings: [{ containerPort: 80, hostPort: 0, hostIp: '', protocol: 1 }],
  };
  for (const document of [
    { log_directory: '/l', port_mappings: [{ container_port: 80, protocol: 'UDP' }] },
    { logDirectory: '/l', portMappings: [{ containerPort: 80, protocol: 1 }] },
  ]) {
    const config = fromProtoJson('PodSandboxConfig', document);
    assert.equal(config.logDirectory, expected.logDirectory);
    assert.deepEqual(config.portMappings, expected.portMappings);
  }
});

test('64-bit integers are read from numbers and strings', () => {
  const resources = fromProtoJson('LinuxContainerResources', {
    cpu_quota: -1,
    memory_limit_in_bytes: '9007199254740993',
  });
  assert.equal(resources.cpuQuota, -1n);
  assert.equal(resources.memoryLimitInBytes, 9007199254740993n);
});

test('a bad document is refused with the path of its field', () => {
  const cases: [unknown, RegExp][] = [
    [[], /the document: expected PodSandboxConfig, got a list/],
    [{ hostnam: 'x' }, /unknown field "hostnam"/],
    [
      { linux: { security_context: { privilegd: true } } },
      /unknown field "linux.security_context.privilegd"/,
    ],
    [{ hostname: 5 }, /hostname: expected string, got 5/],
    [{ port_mappings: [{ host_port: 'x' }] }, /port_mappings\[0\].host_port: expected int32, got "x"/],
    [{ port_mappings: [{ host_port: 4294967296 }] }, /port_mappings\[0\].host_port: expected int32/],
    [{ port_mappings: {} }, /port_mappings: expected a list of PortMapping/],
    [
      { port_mappings: [{ protocol: 'ICMP' }] },
      /port_mappings\[0\].protocol: "ICMP" is not a Protocol \(TCP, UDP, SCTP\)/,
    ],
    [{ metadata: { attempt: -1 } }, /metadata.attempt: expected uint32, got -1/],
    [{ labels: { a: 1 } }, /labels.a: expected string, got 1/],
    [{ linux: { security_context: { privileged: 'yes' } } }, /privileged: expected bool, got "yes"/],
  ];
  for (const [document, message] of cases) {
    assert.throws(() => fromProtoJson('PodSandboxConfig', document), { message });
  }
});
