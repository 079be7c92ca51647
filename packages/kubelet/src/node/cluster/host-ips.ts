// The addresses of the node that pods see, before anybody has registered it.
import type { KubeletOptions } from '../../options/kubelet-options.ts';
import { nodeAddresses } from '../status/addresses.ts';
import { readAddresses } from './read-addresses.ts';

/** The internal addresses that the node's object has, or those of the options when it has none yet. */
export async function hostIps({
  nodeName,
  nodeIps,
  givenNodeIps,
  registration,
}: Pick<KubeletOptions, 'nodeName' | 'nodeIps' | 'givenNodeIps' | 'registration'>): Promise<string[]> {
  const { hasExternalProvider } = registration;
  const facts = await readAddresses({ hostname: nodeName, given: givenNodeIps, hasExternalProvider });
  const result = nodeAddresses([], facts);
  const addresses = 'addresses' in result ? result.addresses : [];
  const internal = addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
  return internal.length > 0 ? internal : nodeIps;
}
