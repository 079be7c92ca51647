// What a pod requests or limits in total, from what its containers do.
import { containersOfKind, isSidecar } from './each-container.ts';
import type { Container, PodSpec } from './pod.ts';

/** The arithmetic of amounts. */
export interface Amounts<Amount> {
  zero: Amount;
  add(one: Amount, other: Amount): Amount;
  larger(one: Amount, other: Amount): Amount;
}

/**
 * The most that containers of the pod have at one time: regular containers run beside all sidecars, an init container
 * beside the sidecars before it.
 */
export function podTotal<Amount>(
  spec: PodSpec,
  amountOf: (container: Container) => Amount,
  { zero, add, larger }: Amounts<Amount>,
): Amount {
  let sidecars = zero;
  let most = zero;
  for (const { container } of containersOfKind(spec, 'init')) {
    const together = add(sidecars, amountOf(container));
    if (isSidecar(container)) sidecars = together;
    most = larger(most, together);
  }
  const regular = spec.containers.map(amountOf).reduce((sum, each) => add(sum, each), sidecars);
  return larger(most, regular);
}
