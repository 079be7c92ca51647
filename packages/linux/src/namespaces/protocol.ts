// The messages between NamespaceWorker and its thread.
import type { Address } from '../netlink/addresses.ts';
import type { Link } from '../netlink/links.ts';
import type { Route } from '../netlink/routes.ts';
import type { IpFamily } from '../sockets/tcp-socket.ts';
import type { SyscallFailure } from '../syscall/errno.ts';
import type { BridgePort, BridgePortRequest } from './bridge-port.ts';
import type { PinRequest } from './pin.ts';

/** The operations in a network namespace with their results. */
export interface NetworkResults {
  links: Link[];
  addresses: Address[];
  routes: Route[];
  'set-link-up': undefined;
  'delete-link': undefined;
  'read-sysctl': string;
  'write-sysctl': undefined;
  /** A descriptor of openTcpSocket; the caller closes it. */
  'open-tcp-socket': number;
}

export type NetworkOperation =
  | { kind: 'links' | 'addresses' | 'routes' }
  | { kind: 'set-link-up' | 'delete-link'; name: string }
  | { kind: 'read-sysctl'; name: string }
  | { kind: 'write-sysctl'; name: string; value: string }
  | { kind: 'open-tcp-socket'; family: IpFamily };

/** Messages to the thread. */
export type WorkerRequest = { id: number } & (
  | { kind: 'pin'; pin: PinRequest }
  | { kind: 'bridge-port'; port: BridgePortRequest }
  | { kind: 'network'; path: string; operation: NetworkOperation }
);

/** What the thread answers with. */
export type WorkerValue = NetworkResults[keyof NetworkResults] | BridgePort;

/** Messages from the thread; the first one, once, is `ready`. */
export type WorkerResponse =
  | { kind: 'ready' }
  | { kind: 'done'; id: number; value: WorkerValue }
  | { kind: 'failed'; id: number; failure: Failure; stranded: boolean };

/** An error in a form that postMessage can clone. */
export type Failure = { syscall: SyscallFailure } | { message: string };
