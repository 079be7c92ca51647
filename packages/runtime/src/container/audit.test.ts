import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContainerConfig, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import { containerId } from '../state/ids.ts';
import { auditFields } from './audit.ts';

const id = containerId('a'.repeat(64));
const container = { id, config: ContainerConfig.fromPartial({ metadata: { name: 'main' } }) };
const config = PodSandboxConfig.fromPartial({ metadata: { name: 'web', namespace: 'shop' } });

test('who does what to which container', () => {
  assert.deepEqual(
    auditFields(container, { config }, { cmd: ['sh', '-c', 'a b'], tty: true }, { remote: '127.0.0.1:1' }),
    {
      pod: 'shop/web',
      containerName: 'main',
      container: id,
      command: '["sh","-c","a b"]',
      tty: true,
      peer: undefined,
      remote: '127.0.0.1:1',
    },
  );
});

test('the beginning of a long command', () => {
  const { command } = auditFields(container, undefined, { cmd: ['x'.repeat(5000)] }, {});
  assert.equal(String(command).length, 1001);
});
