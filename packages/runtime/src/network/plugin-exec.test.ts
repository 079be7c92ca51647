import { test } from 'node:test';
import { network, testExec } from '@berth/cni/testing/exec-suite.ts';
import { execPlugin } from './plugin-exec.ts';

const { plugin, cni } = testExec(execPlugin);

test('a plugin may open /dev/stdout and /dev/stderr', async () => {
  await plugin('opens', `echo '{}' > /dev/stdout; echo said > /dev/stderr`);
  const runtime = { containerId: 'o', netns: '/run/netns/x', ifName: 'eth0' };
  await cni().addNetworkList(network([{ type: 'opens' }]), runtime);
});
