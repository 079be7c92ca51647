import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseResult } from '@berth/cni/result/parse.ts';
import { goCniResult } from './go-cni-result.ts';

const empty = { IPConfigs: null, Mac: '', Sandbox: '', PciID: '', SocketPath: '' };

// The members and their order are those of go-cni 1.1.14, whose struct has no JSON tags.
test('what the bridge plugin answers, in the shape and order of go-cni', () => {
  const result = {
    interfaces: [
      { name: 'veth0', mac: '02:00:00:00:00:02' },
      { name: 'cni0', mac: '02:00:00:00:00:01' },
      { name: 'eth0', mac: '02:00:00:00:00:03', sandbox: '/run/netns/x' },
    ],
    ips: [
      { address: '10.88.0.2/16', gateway: '10.88.0.1', interface: 2 },
      { address: 'fd00::2/64', interface: 2 },
    ],
    routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0', gw: 'fd00::1' }],
    dns: { nameservers: ['1.1.1.1'] },
  };
  const eth0 = {
    IPConfigs: [
      { IP: '10.88.0.2', Gateway: '10.88.0.1' },
      { IP: 'fd00::2', Gateway: '' },
    ],
    Mac: '02:00:00:00:00:03',
    Sandbox: '/run/netns/x',
    PciID: '',
    SocketPath: '',
  };
  assert.equal(
    JSON.stringify(goCniResult(parseResult(result, '1.0.0'), 'eth0')),
    JSON.stringify({
      Interfaces: {
        cni0: { ...empty, Mac: '02:00:00:00:00:01' },
        eth0,
        veth0: { ...empty, Mac: '02:00:00:00:00:02' },
      },
      DNS: [{ nameservers: ['1.1.1.1'] }],
      Routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0', gw: 'fd00::1' }],
    }),
  );
});

test('addresses of no interface are on that of the pod, those of one that is not there too', () => {
  const result = { cniVersion: '0.2.0', ip4: { ip: '10.1.0.2/16', gateway: '10.1.0.1' } };
  assert.deepEqual(goCniResult(parseResult(result, '1.0.0'), 'eth0'), {
    Interfaces: { eth0: { ...empty, IPConfigs: [{ IP: '10.1.0.2', Gateway: '10.1.0.1' }] } },
    DNS: [{}],
    Routes: null,
  });
  const beyond = parseResult({ ips: [{ address: '10.1.0.2/16', interface: 3 }] }, '1.0.0');
  assert.deepEqual(goCniResult(beyond, 'eth0').Interfaces, {
    eth0: { ...empty, IPConfigs: [{ IP: '10.1.0.2', Gateway: '' }] },
  });
});
