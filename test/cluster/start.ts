// `scripts/node test/cluster/start.ts [NODE]`: a control plane to try things with, until Ctrl-C.
import { once } from 'node:events';
import { startCluster } from '@berth/test-support/cluster/cluster.ts';

const [node = 'node1'] = process.argv.slice(2);
const began = performance.now();
await using cluster = await startCluster();
console.log(`started in ${((performance.now() - began) / 1000).toFixed(1)} s; logs are in ${cluster.dir}
export KUBECONFIG=${cluster.adminKubeconfig}
a node's:          ${cluster.nodeKubeconfig(node)}
with a token:      ${cluster.bootstrapKubeconfig()}
kubectl:           ${cluster.kubectl.program}`);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
