import { type CriClient, connectCri } from '@berth/cri/client/client.ts';
import type { ImagePull } from '@berth/runtime/image/pull.ts';
import { http } from './http.ts';
import type { NodeLayout } from './layout.ts';
import { startDaemon } from './start-daemon.ts';

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
  await startDaemon(layout, 'berthd', layout.berthdArgs, () => answers(layout.socket), startTimeoutMs);
  return connectCri(layout.socket);
}

/** The pulls that are under way; none with a runtime that does not tell, which is any but berthd. */
export async function imagePulls({ socket: socketPath }: NodeLayout): Promise<ImagePull[]> {
  try {
    const { status, body } = await http({ socketPath }, { path: '/images/pulls', timeoutMs: askTimeoutMs });
    return status === 200 ? (JSON.parse(body) as ImagePull[]) : [];
  } catch {
    return [];
  }
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
