// The addresses of pod networks: none is used twice in a network namespace, whatever runs side by side in it.
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Second octets that tests use: 10.200.0.0/16 to 10.255.0.0/16. */
const numbers = { first: 200, last: 255 };

/** A subnet that nobody else has until it is disposed of. */
export interface Subnet extends Disposable {
  /** The second octet, 200 to 255. */
  number: number;
  /** E.g. `10.200.0.0/16`. */
  cidr: string;
}

/**
 * Takes the first free subnet of this network namespace. An abstract socket marks it as taken: such a socket belongs
 * to the network namespace, as the subnet does, is no file that could stay behind, and goes with its process.
 *
 * @throws Error when all are taken
 */
export async function takeSubnet(): Promise<Subnet> {
  const inUse = new Set(
    Object.values(networkInterfaces()).flatMap((addresses = []) =>
      addresses.map(({ address }) => /^10\.(\d+)\./.exec(address)?.[1]),
    ),
  );
  for (let number = numbers.first; number <= numbers.last; number++) {
    if (inUse.has(String(number))) continue;
    const mark = await listenAbstract(`berth-test-subnet-10.${number}`);
    if (mark) return { number, cidr: `10.${number}.0.0/16`, [Symbol.dispose]: () => mark.close() };
  }
  throw new Error(`10.${numbers.first}.0.0/16 to 10.${numbers.last}.0.0/16 are all taken by tests that run`);
}

/** Undefined when somebody listens there. */
async function listenAbstract(name: string): Promise<Server | undefined> {
  const server = createServer();
  try {
    server.listen(`\0${name}`);
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
  server.unref();
  return server;
}
