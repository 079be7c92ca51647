import { buildPeer } from './peers.ts';

for (const p of ['crictl', 'containerd', 'containerd-shim-runc-v2', 'ctr', 'critest', 'kubelet']) {
  try {
    await buildPeer(p as never);
    console.log(p);
  } catch (e) {
    console.log(p, String(e));
  }
}
