import type { Address } from '../netlink/addresses.ts';
import type { Link } from '../netlink/links.ts';
import type { Route } from '../netlink/routes.ts';
import type { IpFamily } from '../sockets/tcp-socket.ts';
import type { SyscallFailure } from '../syscall/errno.ts';
import type { PinRequest } from './pin.ts';

/** What can be done inside a network namespace, and what each answers. */
export interface NetworkResults {
  links: Link[];
  addresses: Address[];
  routes: Route[];
  'set-link-up': undefined;
  'delete-link': undefined;
  'read-sysctl': string;
  'write-sysctl': undefined;
  /** A descriptor, see openTcpSocket; the caller's to close. */
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
  | { kind: 'network'; path: string; operation: NetworkOperation }
);

/** Messages from the thread. `ready` comes once, first. */
export type WorkerResponse =
  | { kind: 'ready' }
  | { kind: 'done'; id: number; value: NetworkResults[keyof NetworkResults] }
  | { kind: 'failed'; id: number; failure: Failure; stranded: boolean };

/** An error in a form that can be posted between threads. */
export type Failure = { syscall: SyscallFailure } | { message: string };
