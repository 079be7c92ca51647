import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContainerConfig, NamespaceMode, PodSandboxConfig, Protocol } from '@berth/cri/generated/api.ts';
import { goMessage } from './go-message.ts';

test('a sandbox config as json.Marshal writes it', () => {
  const config = PodSandboxConfig.fromPartial({
    metadata: { name: 'web', uid: 'u', namespace: 'default' },
    hostname: 'web',
    logDirectory: '/var/log/pods/x',
    portMappings: [
      { protocol: Protocol.TCP, containerPort: 80, hostPort: 8080 },
      { protocol: Protocol.UDP, containerPort: 53 },
    ],
    labels: { 'io.kubernetes.pod.name': 'web', camelCase: '' },
    linux: {
      cgroupParent: '/kubepods',
      sysctls: { 'net.ipv4.ip_forward': '1' },
      securityContext: { namespaceOptions: { pid: NamespaceMode.CONTAINER }, supplementalGroups: [0n, 5n] },
      overhead: {},
    },
  });
  assert.deepEqual(goMessage(config), {
    metadata: { name: 'web', uid: 'u', namespace: 'default' },
    hostname: 'web',
    log_directory: '/var/log/pods/x',
    port_mappings: [
      { container_port: 80, host_port: 8080 },
      { protocol: 1, container_port: 53 },
    ],
    labels: { camelCase: '', 'io.kubernetes.pod.name': 'web' },
    linux: {
      cgroup_parent: '/kubepods',
      security_context: { namespace_options: { pid: 1 }, supplemental_groups: [0, 5] },
      sysctls: { 'net.ipv4.ip_forward': '1' },
      overhead: {},
    },
  });
});

test('a container config: bytes are text, and CDI_devices keeps its name', () => {
  const config = ContainerConfig.fromPartial({
    envs: [{ key: 'A', value: Buffer.from('é') }, { key: 'B' }],
    args: ['', 'x'],
    CDIDevices: [{ name: 'a/b=c' }],
    linux: { resources: { memoryLimitInBytes: 5n, unified: { 'memory.high': '1' } } },
  });
  assert.deepEqual(goMessage(config), {
    envs: [{ key: 'A', value: 'é' }, { key: 'B' }],
    args: ['', 'x'],
    CDI_devices: [{ name: 'a/b=c' }],
    linux: { resources: { memory_limit_in_bytes: 5, unified: { 'memory.high': '1' } } },
  });
});
