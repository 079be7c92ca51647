// Keeps pods off a node that shuts down.
import type { Check } from './check.ts';

/** Refuses every pod, critical ones included. */
export const checkShutdown: Check = (_pod, { isShuttingDown }) => {
  if (!isShuttingDown) return 'admitted';
  const message = 'Pod was rejected as the node is shutting down.';
  return { reason: 'NodeShutdown', message, detail: 'the node is shutting down' };
};
