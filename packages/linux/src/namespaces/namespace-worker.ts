// The entry file of the thread that enters namespaces. Everything here is synchronous: asynchronous fs or dns calls
// run on libuv's pool, whose threads would start in the pod's namespace and keep it.

import { parentPort } from 'node:worker_threads';
import { messageOf } from '@berth/common/error-message.ts';
import { listAddresses } from '../netlink/addresses.ts';
import { deleteLink, listLinks, setLinkUp } from '../netlink/links.ts';
import { listRoutes } from '../netlink/routes.ts';
import { openTcpSocket } from '../sockets/tcp-socket.ts';
import { asSyscallError, SyscallError } from '../syscall/errno.ts';
import { readSysctl, sysctlNamespace, writeSysctl } from '../sysctl.ts';
import { makeBridgePort } from './bridge-port.ts';
import { enterNamespace, HomeNamespaces, pinNamespaces, StrandedError } from './pin.ts';
import type {
  Failure,
  NetworkOperation,
  NetworkResults,
  WorkerRequest,
  WorkerResponse,
  WorkerValue,
} from './protocol.ts';

const home = new HomeNamespaces();

function post(response: WorkerResponse): void {
  parentPort?.postMessage(response);
}

function serve(request: WorkerRequest): WorkerValue {
  switch (request.kind) {
    case 'pin':
      pinNamespaces(request.pin, home);
      return undefined;
    case 'bridge-port':
      return makeBridgePort(request.port, home);
    case 'network':
      return home.away(() => {
        enterNamespace('net', request.path);
        return perform(request.operation);
      });
  }
}

function perform(operation: NetworkOperation): NetworkResults[keyof NetworkResults] {
  switch (operation.kind) {
    case 'links':
      return listLinks();
    case 'addresses':
      return listAddresses();
    case 'routes':
      return listRoutes();
    case 'set-link-up':
      setLinkUp(operation.name);
      return undefined;
    case 'delete-link':
      deleteLink(operation.name);
      return undefined;
    case 'read-sysctl':
      return readSysctl(operation.name);
    case 'write-sysctl':
      if (sysctlNamespace(operation.name) !== 'net') {
        throw new Error(`sysctl ${operation.name} does not belong to a network namespace`);
      }
      writeSysctl(operation.name, operation.value);
      return undefined;
    case 'open-tcp-socket':
      return openTcpSocket(operation.family);
  }
}

function describe(error: unknown): Failure {
  const known = asSyscallError(error);
  if (known instanceof SyscallError) {
    const { syscall, errno, path, hint } = known;
    return { syscall: { syscall, errno, path, hint } };
  }
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return { message: messageOf(error) + cause };
}

parentPort?.on('message', (request: WorkerRequest) => {
  try {
    post({ kind: 'done', id: request.id, value: serve(request) });
  } catch (error) {
    post({
      kind: 'failed',
      id: request.id,
      failure: describe(error),
      stranded: error instanceof StrandedError,
    });
  }
});
post({ kind: 'ready' });
