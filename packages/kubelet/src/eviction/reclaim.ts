// What the node itself can give back before a pod is evicted. Pure.
import { type Signal, signals } from './thresholds/signals.ts';
import type { FileSystemLayout } from './thresholds/thresholds.ts';

/** Dead containers of pods that have ended, and images that no container uses. */
export type Reclaim = 'containers' | 'images';

/** What is removed for the sake of a signal, in this order. */
export function reclaimFor(
  signal: Signal,
  { hasImageFs, hasContainerFs }: FileSystemLayout,
): readonly Reclaim[] {
  if (signals[signal].pressure !== 'disk') return [];
  if (!hasImageFs) return ['containers', 'images'];
  const isImages = signal.startsWith('imagefs.');
  if (hasContainerFs) return isImages ? ['images'] : ['containers'];
  return signal.startsWith('nodefs.') ? [] : ['containers', 'images'];
}
