import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staleAttachments } from './gc.ts';

const attachment = (containerId: string, netns: string) => ({
  containerId,
  netns,
  ifName: 'eth0',
  networkName: 'n',
  config: '',
  args: [],
  capabilityArgs: {},
  result: undefined,
});

test('only sandboxes of this daemon that no longer exist are stale', () => {
  const attachments = [
    attachment('known', '/run/berth/sandboxes/known/ns/net'),
    attachment('gone', '/run/berth/sandboxes/gone/ns/net'),
    attachment('of-containerd', '/var/run/netns/cni-5a1e'),
    attachment('of-another-berthd', '/run/berth2/sandboxes/of-another-berthd/ns/net'),
    attachment('nowhere', ''),
    attachment('a', '/run/berth/sandboxes/b/ns/net'),
  ];
  const stale = staleAttachments(attachments, '/run/berth/sandboxes', (id) => id === 'known');
  assert.deepEqual(
    stale.map(({ containerId }) => containerId),
    ['gone'],
  );
});
