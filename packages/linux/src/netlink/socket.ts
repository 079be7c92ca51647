// A netlink socket: one request, its answers, and the error they carry. By hand because Node has no netlink, and
// starting `ip addr` takes 19 ms where dumping the addresses here takes 0.13 ms.
import { SyscallError } from '../syscall/errno.ts';
import { closeDescriptor, libcFunction } from '../syscall/libc.ts';
import {
  controlTypes,
  decodeAttributes,
  decodeMessages,
  decodeString,
  encodeMessage,
  flagAckAttributes,
  flagDumpInterrupted,
  type NetlinkMessage,
  requestFlags,
} from './message.ts';

const socketCall = libcFunction('socket', ['int', 'int', 'int']);
const setsockopt = libcFunction('setsockopt', ['int', 'int', 'int', 'void *', 'uint']);
const sendCall = libcFunction('send', ['int', 'void *', 'size_t', 'int'], 'long');
const recvCall = libcFunction('recv', ['int', 'void *', 'size_t', 'int'], 'long');

/** Protocols of AF_NETLINK. */
export type NetlinkProtocol = 'route' | 'netfilter';
const protocols: Record<NetlinkProtocol, number> = { route: 0, netfilter: 12 };

const receiveBytes = 64 * 1024;
const receiveTimeoutSeconds = 5n;
const dumpAttempts = 5;

/**
 * A synchronous netlink socket. The kernel answers within sendmsg(2), so recv(2) never blocks. The socket belongs to the
 * network namespace that the calling thread was in when it was opened.
 */
export class NetlinkSocket implements Disposable {
  readonly #descriptor: number;
  #sequence = 0;

  constructor(protocol: NetlinkProtocol) {
    const AF_NETLINK = 16;
    const SOCK_RAW = 3;
    const SOCK_CLOEXEC = 0o2000000;
    this.#descriptor = socketCall(
      `netlink ${protocol}`,
      AF_NETLINK,
      SOCK_RAW | SOCK_CLOEXEC,
      protocols[protocol],
    );
    const SOL_SOCKET = 1;
    const SO_RCVTIMEO = 20;
    this.#setOption(SOL_SOCKET, SO_RCVTIMEO, new BigInt64Array([receiveTimeoutSeconds, 0n]));
    const SOL_NETLINK = 270;
    const NETLINK_CAP_ACK = 10;
    const NETLINK_EXT_ACK = 11;
    for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK]) {
      this.#setOption(SOL_NETLINK, option, new Uint32Array([1]));
    }
  }

  [Symbol.dispose](): void {
    closeDescriptor(this.#descriptor);
  }

  /**
   * Requests a change and reads the acknowledgement.
   *
   * @param what names the request in the error, e.g. `delete link eth0`
   */
  change(what: string, type: number, flags: number, payload: Buffer): void {
    const sequence = this.#next();
    const { request, ack } = requestFlags;
    this.#send(what, encodeMessage({ type, flags: flags | request | ack, sequence, payload }));
    for (;;) {
      for (const message of this.#receive(what)) {
        if (message.sequence !== sequence || message.type !== controlTypes.error) continue;
        throwIfError(what, message);
        return;
      }
    }
  }

  /** Requests one object and returns the answer. */
  get(what: string, type: number, payload: Buffer): NetlinkMessage {
    const sequence = this.#next();
    this.#send(what, encodeMessage({ type, flags: requestFlags.request, sequence, payload }));
    for (;;) {
      for (const message of this.#receive(what)) {
        if (message.sequence !== sequence) continue;
        if (message.type !== controlTypes.error) return message;
        throwIfError(what, message);
      }
    }
  }

  /** Dumps a table; dumps again when the table changed meanwhile (NLM_F_DUMP_INTR). */
  dump(what: string, type: number, payload: Buffer): NetlinkMessage[] {
    for (let attempt = 1; ; attempt++) {
      const { messages, interrupted } = this.#dumpOnce(what, type, payload);
      if (!interrupted || attempt === dumpAttempts) return messages;
    }
  }

  /** Sends several messages as one datagram and reads the acknowledgement of each that requests one. */
  batch(what: string, parts: readonly Omit<NetlinkMessage, 'sequence'>[]): void {
    const messages = parts.map((part) => ({ ...part, sequence: this.#next() }));
    const waiting = new Set(
      messages.filter(({ flags }) => (flags & requestFlags.ack) !== 0).map(({ sequence }) => sequence),
    );
    const sequences = new Set(messages.map(({ sequence }) => sequence));
    this.#send(what, Buffer.concat(messages.map(encodeMessage)));
    while (waiting.size > 0) {
      for (const message of this.#receive(what)) {
        if (!sequences.has(message.sequence) || message.type !== controlTypes.error) continue;
        throwIfError(what, message);
        waiting.delete(message.sequence);
      }
    }
  }

  #dumpOnce(what: string, type: number, payload: Buffer) {
    const sequence = this.#next();
    const flags = requestFlags.request | requestFlags.dump;
    this.#send(what, encodeMessage({ type, flags, sequence, payload }));
    const messages: NetlinkMessage[] = [];
    let interrupted = false;
    for (;;) {
      for (const message of this.#receive(what)) {
        if (message.sequence !== sequence) continue;
        interrupted ||= (message.flags & flagDumpInterrupted) !== 0;
        if (message.type === controlTypes.error) throwIfError(what, message);
        if (message.type === controlTypes.done) return { messages, interrupted };
        messages.push(message);
      }
    }
  }

  #next(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  #setOption(level: number, option: number, value: BigInt64Array | Uint32Array): void {
    const bytes = new Uint8Array(value.buffer);
    setsockopt(`option ${option}`, this.#descriptor, level, option, bytes, bytes.length);
  }

  #send(what: string, bytes: Buffer): void {
    sendCall(what, this.#descriptor, bytes, bytes.length, 0);
  }

  #receive(what: string): NetlinkMessage[] {
    const MSG_TRUNC = 0x20;
    const buffer = Buffer.alloc(receiveBytes);
    const length = recvCall(what, this.#descriptor, buffer, buffer.length, MSG_TRUNC);
    if (length > buffer.length) throw new Error(`netlink: ${what}: an answer of ${length} bytes is too long`);
    return decodeMessages(buffer.subarray(0, length));
  }
}

/** NLMSG_ERROR: 0 (acknowledged) or a negative errno, the request, and the extended acknowledgement. */
function throwIfError(what: string, { payload, flags }: NetlinkMessage): void {
  const errno = -payload.readInt32LE(0);
  if (errno === 0) return;
  const EXPLANATION = 1;
  const explanationOffset = 4 + 16;
  const explanation =
    (flags & flagAckAttributes) === 0
      ? undefined
      : decodeAttributes(payload.subarray(explanationOffset)).get(EXPLANATION);
  throw new SyscallError({
    syscall: 'netlink',
    errno,
    path: what,
    hint: explanation === undefined ? undefined : decodeString(explanation),
  });
}
