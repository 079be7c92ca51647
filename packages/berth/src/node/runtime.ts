import { type CriClient, connectCri } from '@berth/cri/client/client.ts';
import { ensureDaemon } from './daemon.ts';
import type { NodeLayout } from './layout.ts';

const startTimeoutMs = 60_000;
const askTimeoutMs = 2_000;

/** Name and version of the runtime at the CRI socket. */
export interface RuntimeVersion {
  readonly name: string;
  readonly version: string;
}

/** Asks the runtime for its version; undefined when nothing answers at the socket. */
export async function runtimeVersion(client: CriClient): Promise<RuntimeVersion | undefined> {
  try {
    const { runtimeName, runtimeVersion } = await client.runtime.version({}, { timeoutMs: askTimeoutMs });
    return { name: runtimeName, version: runtimeVersion };
  } catch {
    return undefined;
  }
}

/**
 * Returns a client of the runtime. Starts berthd when no runtime answers.
 * @throws UserError with the end of berthd's log
 */
export async function ensureRuntime(layout: NodeLayout): Promise<CriClient> {
  const client = connectCri(layout.socket);
  if ((await runtimeVersion(client)) !== undefined) return client;
  client.close();
  await ensureDaemon(layout, 'berthd', layout.berthdArgs, () => answers(layout.socket), startTimeoutMs);
  return connectCri(layout.socket);
}

async function answers(socket: string): Promise<boolean> {
  // Use a new client for each attempt: after a refused connection, a client waits before it reconnects.
  const client = connectCri(socket);
  try {
    return (await runtimeVersion(client)) !== undefined;
  } finally {
    client.close();
  }
}
