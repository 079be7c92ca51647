// What a run needs and builds once: programs of Go modules, and the images.
import { mkdirSync } from 'node:fs';
import { buildPeers } from '@berth/test-support/peers.ts';
import { writeCatalogue } from '../conformance/images/serve.ts';
import { catalogue } from './images/catalogue.ts';

/** Builds what is not built yet; a machine of its own has no network to get modules from. */
export async function prepare(kubelet: 'ours' | 'real', layout: string): Promise<void> {
  await buildPeers(['e2e_node', 'agnhost', 'ginkgo', 'etcd']);
  await buildPeers(['containerd', 'containerd-shim-runc-v2', 'ctr']);
  if (kubelet === 'real') await buildPeers(['kubelet']);
  mkdirSync(layout, { recursive: true });
  await writeCatalogue(layout, await catalogue());
}
