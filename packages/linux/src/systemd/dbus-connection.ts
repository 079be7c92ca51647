// A D-Bus connection to one peer, without a bus between: the way in which systemctl speaks to systemd as root.

import { connect, type Socket } from 'node:net';
import { asError } from '@berth/common/error-message.ts';
import { decodeMessage, encodeCall, type Message, type MethodCall, messageType } from './dbus-message.ts';

/** The peer's own refusal; `name` of the D-Bus error, e.g. `org.freedesktop.systemd1.NoSuchUnit`. */
export class DbusError extends Error {
  override readonly name = 'DbusError';
  readonly errorName: string;

  constructor(errorName: string, message: string) {
    super(message);
    this.errorName = errorName;
  }
}

/** How long the peer may take to answer a call: systemd answers one at a time, and reloads its units in between. */
const callTimeoutMs = 90_000;

/** Calls methods and passes signals on. A connection that has ended fails all calls, also those to come. */
export class DbusConnection {
  readonly #socket: Socket;
  readonly #onSignal: (signal: Message) => void;
  readonly #calls = new Map<number, PromiseWithResolvers<Message>>();
  #serial = 0;
  #received = Buffer.alloc(0);
  #ended: Error | undefined;

  private constructor(socket: Socket, onSignal: (signal: Message) => void) {
    this.#socket = socket;
    this.#onSignal = onSignal;
  }

  /** Connects to a Unix socket and proves by the socket itself who we are. */
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
    // BEGIN goes along with AUTH, as systemctl sends it: systemd that is busy would read a later BEGIN together with
    // the first call, and not look at the call before more comes.
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
      // Signals may follow the line at once.
      connection.#receive(answer.subarray(end + 2));
      resolve();
    };
    socket.on('data', onAnswer);
    await authenticated;
    // Only a call that waits for its answer keeps the process alive.
    socket.unref();
    return connection;
  }

  /** Whether calls can be made. */
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
    // Where this process itself was held up, the answer has come and is read before an immediate runs.
    const timer = setTimeout(() => setImmediate(late), callTimeoutMs);
    this.#socket.write(encodeCall(call, serial));
    try {
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      this.#calls.delete(serial);
    }
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
  }
}
