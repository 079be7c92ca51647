// The kubelets that every test of a node runs with: BERTH_TEST_KUBELETS has their names, which `npm run test:cluster --
// --kubelet NAME` sets.
import type { KubeletName } from '@berth/test-support/cluster/node.ts';

const names: readonly KubeletName[] = ['real', 'ours'];

/** Each is a column of the suite: what the real one does, ours does. */
export const kubelets: readonly KubeletName[] = chosen(process.env['BERTH_TEST_KUBELETS'] ?? 'real,ours');

function chosen(list: string): KubeletName[] {
  return list.split(',').map((word) => {
    const name = names.find((each) => each === word);
    if (name === undefined) throw new Error(`"${word}" is not a kubelet: ${names.join(', ')}`);
    return name;
  });
}
