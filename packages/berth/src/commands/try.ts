import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { messageOf, UserError } from '../errors.ts';
import type { Output } from '../terminal/status-lines.ts';

const PATIENCE_MS = 5_000;
const RETRY_MS = 50;
const SHOWN = 2_000;

/**
 * Sends a request to the first port that a pod declares, as a person would with curl, and prints both.
 * @throws UserError when nothing answers
 */
export async function tryPod(pod: v1.Pod, output: Output): Promise<void> {
  const url = podUrl(pod);
  if (url === undefined) return;
  output.write(`\n$ curl ${url}\n`);
  const answer = await get(url);
  output.write(`${answer.trimEnd().slice(0, SHOWN)}\n`);
}

/** Where a pod answers HTTP, if it declares a TCP port and has an address. */
export function podUrl({ spec, status }: v1.Pod): string | undefined {
  const ports = (spec?.containers ?? []).flatMap(({ ports = [] }) => ports);
  const port = ports.find(({ protocol = 'TCP' }) => protocol === 'TCP')?.containerPort;
  const ip = status?.podIP;
  if (port === undefined || ip === undefined || ip === '') return undefined;
  return `http://${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
}

/** A container runs a moment before its server listens. */
async function get(url: string): Promise<string> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
      return await response.text();
    } catch (error) {
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      if (Date.now() >= deadline) throw new UserError(`${url} does not answer: ${messageOf(cause)}`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
