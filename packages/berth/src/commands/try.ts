// `berth up --try`: sends a request to a pod that has become ready.
import { setTimeout as sleep } from 'node:timers/promises';
import { plainMessage } from '@berth/common/errno-text.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { UserError } from '../errors/user-error.ts';
import { http } from '../node/http.ts';
import type { Output } from '../terminal/status-lines.ts';

const patienceMs = 5_000;
const retryMs = 50;
const shown = 2_000;

/** Address and port of a pod's server. */
export interface PodAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Sends a request to the first port that a pod declares, as a person would with curl, and prints both.
 * @throws UserError when nothing answers
 */
export async function tryPod(pod: v1.Pod, output: Output): Promise<void> {
  const address = podAddress(pod);
  if (address === undefined) return;
  const { host, port } = address;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  output.write(`\n$ curl ${url}\n`);
  const answer = await get(address, url);
  output.write(`${answer.trimEnd().slice(0, shown)}\n`);
}

/** The pod's IP and the first TCP port that it declares, if it has both. */
export function podAddress({ spec, status }: v1.Pod): PodAddress | undefined {
  const ports = (spec?.containers ?? []).flatMap(({ ports = [] }) => ports);
  const port = ports.find(({ protocol = 'TCP' }) => protocol === 'TCP')?.containerPort;
  const host = status?.podIP;
  return port === undefined || host === undefined || host === '' ? undefined : { host, port };
}

/** Retry: a container is running shortly before its server listens. */
async function get(address: PodAddress, url: string): Promise<string> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      const { body } = await http(address, { path: '/', timeoutMs: patienceMs });
      return body;
    } catch (error) {
      if (Date.now() >= deadline) throw new UserError(`${url} does not answer: ${plainMessage(error)}`);
      await sleep(retryMs);
    }
  }
}
