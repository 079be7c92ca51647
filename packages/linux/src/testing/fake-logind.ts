// A message bus on which only systemd-logind is: enough of both for a program that has a shutdown wait.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipe } from '../streams/pipe.ts';
import { closeDescriptor, libcFunction } from '../syscall/libc.ts';
import { DbusWriter, decodeMessage, messageType } from '../systemd/dbus-message.ts';

const sendmsgCall = libcFunction('sendmsg', ['int', 'msghdr *', 'int'], 'long');
const pollCall = libcFunction('poll', ['void *', 'ulong', 'int']);

const SOL_SOCKET = 1;
const scmRights = 1;
const pollHup = 0x10;

/** What it answers to a call. */
interface Answer {
  signature?: string;
  body?: (writer: DbusWriter) => void;
  error?: string;
  descriptor?: number;
}

/** Listens on a socket of its own until disposal. */
export class FakeLogind implements Disposable {
  readonly path: string;
  readonly #dir: string;
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  /** The reading ends of pipes whose other ends programs have. */
  readonly #locks: number[] = [];
  #delayMs = 5000;
  /** The longest delay once it has been told to reload; undefined: as before. */
  delayAfterReloadMs: number | undefined;
  /** With which words it refuses inhibitions; undefined: it grants them. */
  refusal: string | undefined;
  /** The arguments of those that it granted. */
  readonly inhibitions: string[][] = [];

  private constructor(dir: string) {
    this.#dir = dir;
    this.path = join(dir, 'bus');
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(): Promise<FakeLogind> {
    const fake = new FakeLogind(mkdtempSync(join(tmpdir(), 'fake-logind-')));
    await new Promise<void>((resolve) => fake.#server.listen(fake.path, resolve));
    return fake;
  }

  /** How many inhibitions hold a shutdown up. */
  heldLocks(): number {
    return this.#locks.filter((lock) => !hasHungUp(lock)).length;
  }

  /** Tells all programs that the machine begins to shut down, or does not any more. */
  prepareForShutdown(isBeginning: boolean): void {
    const signal = message(
      messageType.signal,
      1,
      [
        [1, 'o', '/org/freedesktop/login1'],
        [2, 's', 'org.freedesktop.login1.Manager'],
        [3, 's', 'PrepareForShutdown'],
      ],
      { signature: 'b', body: (writer) => writer.boolean(isBeginning) },
    );
    for (const client of this.#clients) client.write(signal);
  }

  disconnectAll(): void {
    for (const client of this.#clients) client.destroy();
  }

  [Symbol.dispose](): void {
    this.disconnectAll();
    this.#server.close();
    for (const lock of this.#locks) closeDescriptor(lock);
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #serve(socket: Socket): void {
    this.#clients.add(socket);
    socket.on('close', () => this.#clients.delete(socket));
    socket.on('error', () => {});
    let received = Buffer.alloc(0);
    let hasBegun = false;
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, Buffer.from(chunk)]);
      if (!hasBegun) {
        const end = received.indexOf('BEGIN\r\n');
        if (end < 0) return;
        const agrees = received.subarray(0, end).includes('NEGOTIATE_UNIX_FD');
        socket.write(`OK 0123456789abcdef\r\n${agrees ? 'AGREE_UNIX_FD\r\n' : ''}`);
        received = received.subarray(end + 'BEGIN\r\n'.length);
        hasBegun = true;
      }
      for (let next = decodeMessage(received); next !== undefined; next = decodeMessage(received)) {
        const serial = received.readUInt32LE(8);
        const { member, body } = next.message;
        received = received.subarray(next.length);
        this.#answer(socket, serial, this.#called(member, body.map(String)));
      }
    });
  }

  #called(member: string, body: readonly string[]): Answer {
    switch (member) {
      case 'Hello':
        return { signature: 's', body: (writer) => writer.string(':1.7') };
      case 'Get':
        return {
          signature: 'v',
          body: (writer) => writer.variant({ signature: 't', value: BigInt(this.#delayMs) * 1000n }),
        };
      case 'KillUnit':
        this.#delayMs = this.delayAfterReloadMs ?? this.#delayMs;
        return {};
      case 'Inhibit':
        return this.#inhibit(body);
      default:
        return {};
    }
  }

  #inhibit(body: readonly string[]): Answer {
    if (this.refusal !== undefined) return { error: this.refusal };
    this.inhibitions.push([...body]);
    const { readEnd, writeEnd } = pipe('fake logind');
    this.#locks.push(readEnd);
    return { signature: 'h', body: (out) => out.uint32(0), descriptor: writeEnd };
  }

  #answer(socket: Socket, serial: number, answer: Answer): void {
    const { error, descriptor } = answer;
    const type = error === undefined ? messageType.reply : messageType.error;
    const fields: Field[] = [[5, 'u', serial]];
    if (error !== undefined) fields.push([4, 's', 'org.freedesktop.DBus.Error.AccessDenied']);
    if (descriptor !== undefined) fields.push([9, 'u', 1]);
    const said =
      error === undefined
        ? answer
        : { signature: 's', body: (writer: DbusWriter) => void writer.string(error) };
    const bytes = message(type, 100 + serial, fields, said);
    if (descriptor === undefined) socket.write(bytes);
    else sendWithDescriptor(descriptorOf(socket), bytes, descriptor);
  }
}

type Field = readonly [code: number, type: 'o' | 's' | 'u', value: string | number];

function message(
  type: number,
  serial: number,
  fields: readonly Field[],
  { signature = '', body }: { signature?: string; body?: (writer: DbusWriter) => void },
): Buffer {
  const content = new DbusWriter();
  body?.(content);
  const writer = new DbusWriter();
  writer.byte('l'.charCodeAt(0)).byte(type).byte(0).byte(1).uint32(content.bytes().length).uint32(serial);
  writer.array(8, [...fields, [8, 'g', signature] as const], ([code, kind, value]) => {
    writer.align(8).byte(code).signature(kind);
    if (kind === 'g') writer.signature(String(value));
    else if (kind === 'u') writer.uint32(Number(value));
    else writer.string(String(value));
  });
  return Buffer.concat([writer.align(8).bytes(), content.bytes()]);
}

/** Sends bytes with a descriptor, and closes that here. */
function sendWithDescriptor(socket: number, bytes: Buffer, descriptor: number): void {
  const control = Buffer.alloc(24);
  control.writeBigUInt64LE(20n, 0);
  control.writeInt32LE(SOL_SOCKET, 8);
  control.writeInt32LE(scmRights, 12);
  control.writeInt32LE(descriptor, 16);
  const buffers = { base: bytes, length: bytes.length };
  const header = {
    name: null,
    nameLength: 0,
    buffers,
    bufferCount: 1,
    control,
    controlLength: control.length,
    flags: 0,
  } as const;
  sendmsgCall('fake logind', socket, header, 0);
  closeDescriptor(descriptor);
}

/** The number of a socket's descriptor, which Node does not tell. */
function descriptorOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  const descriptor: unknown =
    typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  if (typeof descriptor !== 'number')
    throw new Error('this Node.js does not tell the descriptor of a socket');
  return descriptor;
}

/** Whether nobody has the other end of a pipe open. */
function hasHungUp(reader: number): boolean {
  const request = Buffer.alloc(8);
  request.writeInt32LE(reader, 0);
  pollCall('fake logind', request, 1, 0);
  return (request.readInt16LE(6) & pollHup) !== 0;
}
