// A D-Bus call whose answer carries a file descriptor. Node's sockets drop descriptors, so the call has a connection of its
// own, below Node.
import { writeSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { connectStream } from '../sockets/connect-stream.ts';
import { receiveMessage } from '../sockets/receive-message.ts';
import { closeDescriptor, onceReadable } from '../syscall/libc.ts';
import { hello } from './bus-calls.ts';
import { DbusError } from './dbus-connection.ts';
import { decodeMessage, encodeCall, type MethodCall, messageType } from './dbus-message.ts';

const timeoutMs = 25_000;
const maxAnswerBytes = 64 * 1024;
const [helloSerial, callSerial] = [1, 2];

/** Calls a method of a peer on the message bus at `path`. Resolves with the descriptor, which the caller closes. */
export async function callForDescriptor(path: string, call: MethodCall): Promise<number> {
  const socket = connectStream(path);
  try {
    const uid = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex');
    const opening = Buffer.from(`\0AUTH EXTERNAL ${uid}\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n`);
    writeSync(socket, Buffer.concat([opening, encodeCall(hello, helloSerial), encodeCall(call, callSerial)]));
    return await answered(path, socket, call);
  } finally {
    closeDescriptor(socket);
  }
}

async function answered(path: string, socket: number, { member }: MethodCall): Promise<number> {
  const endsAt = performance.now() + timeoutMs;
  let received = Buffer.alloc(0);
  let descriptor: number | undefined;
  try {
    for (;;) {
      await readable(socket, endsAt - performance.now(), `${path}: ${member}`);
      const message = receive(path, socket);
      if (message === undefined) continue;
      if (message.descriptor !== undefined) {
        if (descriptor !== undefined) closeDescriptor(descriptor);
        descriptor = message.descriptor;
      }
      received = Buffer.concat([received, message.bytes]);
      if (message.bytes.length === 0 || received.length > maxAnswerBytes) {
        throw new Error(`${path}: the connection ended before ${member} was answered`);
      }
      const isDone = hasAnswer(path, received);
      if (!isDone) continue;
      if (descriptor === undefined) throw new Error(`${path}: the answer of ${member} has no descriptor`);
      const taken = descriptor;
      descriptor = undefined;
      return taken;
    }
  } finally {
    if (descriptor !== undefined) closeDescriptor(descriptor);
  }
}

function receive(path: string, socket: number) {
  try {
    return receiveMessage(path, socket);
  } catch (error) {
    if (hasCode(error, 'EAGAIN')) return undefined;
    throw error;
  }
}

/** Whether the answer is there; throws when it is an error, or the server refuses the connection. */
function hasAnswer(path: string, received: Buffer): boolean {
  const lines = /^(?:[^\r]*\r\n){2}/.exec(received.toString('latin1'))?.[0];
  if (lines === undefined) return false;
  if (!/^OK [^\r]*\r\nAGREE_UNIX_FD\r\n$/.test(lines)) {
    throw new Error(`${path} passes no descriptors to uid ${process.getuid?.()}: ${lines.trim()}`);
  }
  let rest = received.subarray(lines.length);
  for (let next = decodeMessage(rest); next !== undefined; next = decodeMessage(rest)) {
    const { type, replySerial, errorName, body } = next.message;
    if (type === messageType.error) throw new DbusError(errorName, String(body[0] ?? errorName));
    if (type === messageType.reply && replySerial === callSerial) return true;
    rest = rest.subarray(next.length);
  }
  return false;
}

async function readable(socket: number, ms: number, about: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const cancel = onceReadable(socket, resolve);
  const timer = setTimeout(() => reject(new Error(`${about}: no answer within ${timeoutMs / 1000} s`)), ms);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    cancel();
  }
}
