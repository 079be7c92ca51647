// Host names and resolver configurations of pods, as a container sees them on every runtime.
import assert from 'node:assert/strict';
import { until } from '@berth/test-support/until.ts';
import type { Pod, PodSpec } from '../api/pod.ts';
import { onEveryRuntime } from '../testing/every-runtime.ts';
import { forever, shellPod, untilRunning } from '../testing/node.ts';
import { endAll, logOf } from '../testing/remains.ts';

const script = `hostname; cat /etc/hosts | tail -n2; cat /etc/resolv.conf; echo end; ${forever}`;

onEveryRuntime((podTest) => {
  podTest('names and name servers', async ({ node, kubelet }) => {
    const dnsConfig = {
      nameservers: ['192.0.2.7', '192.0.2.8', '2001:db8::9'],
      searches: ['a.example', 'b.example'],
      options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
    };
    const none: Partial<PodSpec> = { dnsPolicy: 'None', dnsConfig };
    const pods: [Pod, hostname: string, hosts: RegExp][] = [
      [
        shellPod('plain', script, { ...none, hostname: 'h', subdomain: 's' }),
        'h',
        /\th\.s\.default\.svc\.\th$/m,
      ],
      [
        shellPod('fqdn', script, { ...none, subdomain: 's', setHostnameAsFQDN: true }),
        'fqdn.s.default.svc.',
        /\tfqdn\.s\.default\.svc\.\tfqdn$/m,
      ],
      [
        shellPod('over', script, { ...none, hostname: 'h', subdomain: 's', hostnameOverride: 'any.name' }),
        'any.name',
        /\tany\.name$/m,
      ],
    ];
    kubelet.setPods(pods.map(([pod]) => pod));
    for (const [pod, hostname, hosts] of pods) {
      await untilRunning(kubelet, pod);
      const log = await until('it logged', () => {
        const text = logOf(node, pod);
        return text.endsWith('end\n') ? text : undefined;
      });
      assert.equal(log.split('\n')[0], hostname);
      assert.match(log, hosts);
      const lines = log.split('\n').filter((line) => /^(nameserver|search|options) /.test(line));
      assert.deepEqual(lines.sort(), [
        'nameserver 192.0.2.7',
        'nameserver 192.0.2.8',
        'nameserver 2001:db8::9',
        'options ndots:2 edns0',
        'search a.example b.example',
      ]);
    }
    await endAll(node, kubelet, ...pods.map(([pod]) => pod));
  });
});
