// A D-Bus connection to one peer without a message bus, as systemctl connects to systemd as root. By hand because Node
// has no D-Bus client, and starting busctl takes 24 ms where connecting here takes 0.3 ms.

import { connect, type Socket } from 'node:net';
import { asError } from '@berth/common/error-message.ts';
import { decodeMessage, encodeCall, type Message, type MethodCall, messageType } from './dbus-message.ts';

/** An error answer of the peer; its D-Bus error name is e.g. `org.freedesktop.systemd1.NoSuchUnit`. */
export class DbusError extends Error {
  override readonly name = 'DbusError';
  readonly errorName: string;

  constructor(errorName: string, message: string) {
    super(message);
    this.errorName = errorName;
  }
}

/** Limit for an answer: systemd serves calls one after another and answers none while it reloads its units. */
const callTimeoutMs = 90_000;

/** Calls methods and emits signals. Once the connection has ended, every call fails. */
export class DbusConnection {
  readonly #socket: Socket;
  readonly #onSignal: (signal: Message) => void;
  readonly #calls = new Map<number, PromiseWithResolvers<Message>>();
  #serial = 0;
  #received = Buffer.alloc(0);
  #ended: Error | undefined;
  readonly #closed = Promise.withResolvers<void>();

  private constructor(socket: Socket, onSignal: (signal: Message) => void) {
    this.#socket = socket;
    this.#onSignal = onSignal;
  }

  /** Connects to a Unix socket and authenticates by its peer credentials (EXTERNAL). */
  static async open(path: string, onSignal: (signal: Message) => void): Promise<DbusConnection> {
    const socket = connect(path);
    const connection = new DbusConnection(socket, onSignal);
    const { promise: authenticated, resolve, reject } = Promise.withResolvers<void>();
    const uid = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex');
    socket.on('error', (error) => connection.#end(error));
    socket.on('close', () => {
      connection.#end(new Error(`${path}: the connection was closed`));
      reject(connection.#ended);
    });
    // Send BEGIN together with AUTH, as systemctl does: a busy systemd reads a later BEGIN together with the first call,
    // and then handles that call only when more input arrives.
    socket.once('connect', () => socket.write(`\0AUTH EXTERNAL ${uid}\r\nBEGIN\r\n`));
    let answer = Buffer.alloc(0);
    const onAnswer = (chunk: Buffer | string) => {
      answer = Buffer.concat([answer, Buffer.from(chunk)]);
      const end = answer.indexOf('\r\n');
      if (end < 0) return;
      socket.off('data', onAnswer);
      const line = answer.toString('latin1', 0, end);
      if (!line.startsWith('OK ')) {
        connection.#end(new Error(`${path} refuses uid ${process.getuid?.()}: ${line}`));
        socket.destroy();
        return;
      }
      socket.on('data', (bytes) => connection.#receive(Buffer.from(bytes)));
      // Messages may follow in the same chunk.
      connection.#receive(answer.subarray(end + 2));
      resolve();
    };
    socket.on('data', onAnswer);
    await authenticated;
    // Only a pending call keeps the process alive.
    socket.unref();
    return connection;
  }

  /** Whether the connection is up. */
  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  /** Calls a method and resolves with its answer. */
  async call(call: MethodCall): Promise<Message> {
    if (this.#ended !== undefined) throw this.#ended;
    this.#serial += 1;
    const serial = this.#serial;
    const answer = Promise.withResolvers<Message>();
    this.#calls.set(serial, answer);
    const late = () => answer.reject(new Error(`${call.member}: no answer within ${callTimeoutMs / 1000} s`));
    // After this process itself stalled, an answer in the socket is read before the immediate runs.
    const timer = setTimeout(() => setImmediate(late), callTimeoutMs);
    this.#socket.write(encodeCall(call, serial));
    try {
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      this.#calls.delete(serial);
    }
  }

  /** Resolves when the connection has ended. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    try {
      for (;;) {
        const decoded = decodeMessage(this.#received);
        if (decoded === undefined) return;
        this.#received = this.#received.subarray(decoded.length);
        this.#dispatch(decoded.message);
      }
    } catch (error) {
      this.#end(asError(error));
      this.#socket.destroy();
    }
  }

  #dispatch(message: Message): void {
    if (message.type === messageType.signal) this.#onSignal(message);
    const waiting = this.#calls.get(message.replySerial);
    if (message.type === messageType.reply) waiting?.resolve(message);
    else if (message.type === messageType.error)
      waiting?.reject(new DbusError(message.errorName, String(message.body[0] ?? message.errorName)));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#calls.values()) reject(this.#ended);
    this.#calls.clear();
    this.#closed.resolve();
  }
}
