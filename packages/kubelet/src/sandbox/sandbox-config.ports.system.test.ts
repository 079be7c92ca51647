// Ports of the node that lead to a pod: at every address of the node, or at one alone.
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { until } from '@berth/test-support/until.ts';
import { onEveryRuntime } from '../testing/every-runtime.ts';
import { forever, shellPod, untilRunning } from '../testing/node.ts';
import { endAll } from '../testing/remains.ts';

const everywhere = 23_873;
const atOne = 23_874;

const serve = (port: number) =>
  `mkdir -p /${port}; echo ${port} > /${port}/index.html; httpd -p ${port} -h /${port}`;

/** What answers at a port of the node; undefined when nothing does. */
const answerAt = (address: string, port: number): Promise<string | undefined> =>
  fetch(`http://${address}:${port}/`).then(
    (response) => response.text(),
    () => undefined,
  );

onEveryRuntime((podTest) => {
  podTest('hostPort and hostIP', async ({ node, kubelet }) => {
    const ports = { all: 8080, one: 8081 };
    const [own = ''] = addressesOfNode();
    const pod = shellPod(
      'ports',
      `${serve(ports.all)}; ${serve(ports.one)}; ${forever}`,
      {},
      {
        ports: [
          { name: 'all', containerPort: ports.all, hostPort: everywhere, protocol: 'TCP' },
          { name: 'one', containerPort: ports.one, hostPort: atOne, hostIP: own, protocol: 'TCP' },
        ],
      },
    );
    kubelet.setPods([pod]);
    await untilRunning(kubelet, pod);
    await until('both ports answer', async () => {
      const answers = [await answerAt(own, everywhere), await answerAt(own, atOne)];
      return answers.join('') === `${ports.all}\n${ports.one}\n`;
    });
    // The pod's bridge has an address of the node's, too.
    const others = addressesOfNode().filter((address) => address !== own);
    assert.ok(others.length > 0);
    for (const address of others) {
      assert.equal(await answerAt(address, everywhere), `${ports.all}\n`, address);
      assert.equal(await answerAt(address, atOne), undefined, address);
    }
    await endAll(node, kubelet, pod);
    assert.equal(await answerAt(own, everywhere), undefined);
  });
});

function addressesOfNode(): string[] {
  return Object.values(networkInterfaces())
    .flat()
    .flatMap((each) => (each?.family === 'IPv4' && !each.internal ? [each.address] : []));
}
