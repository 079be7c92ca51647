// SPDY/3.1 frames (SPDY Protocol, Draft 3.1, section 2.2) and their encoding.

export const controlType = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

export const rstStatus = {
  protocolError: 1,
  invalidStream: 2,
  refusedStream: 3,
  cancel: 5,
  internalError: 6,
  flowControlError: 7,
} as const;
export type RstStatus = (typeof rstStatus)[keyof typeof rstStatus];

export const goAwayStatus = { ok: 0, protocolError: 1, internalError: 2 } as const;
export type GoAwayStatus = (typeof goAwayStatus)[keyof typeof goAwayStatus];

export const settingsId = { maxConcurrentStreams: 4, initialWindowSize: 7 } as const;

/** The initial window of each stream and of the connection. */
export const defaultWindow = 64 * 1024;

export interface Setting {
  id: number;
  flags: number;
  value: number;
}

/** A control frame. `block` is a compressed header block, see header-block.ts. */
export type ControlFrame =
  | {
      type: 'SYN_STREAM';
      streamId: number;
      associatedTo: number;
      priority: number;
      fin: boolean;
      unidirectional: boolean;
      block: Buffer;
    }
  | { type: 'SYN_REPLY'; streamId: number; fin: boolean; block: Buffer }
  | { type: 'HEADERS'; streamId: number; fin: boolean; block: Buffer }
  | { type: 'RST_STREAM'; streamId: number; status: number }
  | { type: 'SETTINGS'; settings: Setting[] }
  | { type: 'PING'; id: number }
  | { type: 'GOAWAY'; lastGoodStreamId: number; status: number }
  | { type: 'WINDOW_UPDATE'; streamId: number; delta: number };

/** Part of a DATA frame's payload, or all of it; `fin` comes with the last part only. */
export interface DataFrame {
  type: 'DATA';
  streamId: number;
  fin: boolean;
  data: Buffer;
}

export type Frame = ControlFrame | DataFrame;

const flagFin = 1;
const flagUnidirectional = 2;
const version = 3;

function control(type: number, flags: number, payload: number): Buffer {
  const frame = Buffer.alloc(8 + payload);
  frame.writeUInt16BE(0x8000 | version, 0);
  frame.writeUInt16BE(type, 2);
  frame.writeUInt32BE(((flags << 24) | payload) >>> 0, 4);
  return frame;
}

function twoWords(type: number, first: number, second: number): Buffer {
  const frame = control(type, 0, 8);
  frame.writeUInt32BE(first, 8);
  frame.writeUInt32BE(second, 12);
  return frame;
}

function withBlock(type: number, flags: number, fixed: number, streamId: number, block: Buffer): Buffer {
  const frame = control(type, flags, fixed + block.length);
  frame.writeUInt32BE(streamId, 8);
  block.copy(frame, 8 + fixed);
  return frame;
}

/** The bytes of a control frame. */
export function encodeControlFrame(frame: ControlFrame): Buffer {
  switch (frame.type) {
    case 'SYN_STREAM': {
      const flags = (frame.fin ? flagFin : 0) | (frame.unidirectional ? flagUnidirectional : 0);
      const bytes = withBlock(controlType.synStream, flags, 10, frame.streamId, frame.block);
      bytes.writeUInt32BE(frame.associatedTo, 12);
      bytes.writeUInt8(frame.priority << 5, 16);
      return bytes;
    }
    case 'SYN_REPLY':
      return withBlock(controlType.synReply, frame.fin ? flagFin : 0, 4, frame.streamId, frame.block);
    case 'HEADERS':
      return withBlock(controlType.headers, frame.fin ? flagFin : 0, 4, frame.streamId, frame.block);
    case 'RST_STREAM':
      return twoWords(controlType.rstStream, frame.streamId, frame.status);
    case 'GOAWAY':
      return twoWords(controlType.goAway, frame.lastGoodStreamId, frame.status);
    case 'WINDOW_UPDATE':
      return twoWords(controlType.windowUpdate, frame.streamId, frame.delta);
    case 'PING': {
      const bytes = control(controlType.ping, 0, 4);
      bytes.writeUInt32BE(frame.id, 8);
      return bytes;
    }
    case 'SETTINGS': {
      const bytes = control(controlType.settings, 0, 4 + 8 * frame.settings.length);
      bytes.writeUInt32BE(frame.settings.length, 8);
      for (const [index, { id, flags, value }] of frame.settings.entries()) {
        bytes.writeUInt32BE(((flags << 24) | id) >>> 0, 12 + 8 * index);
        bytes.writeUInt32BE(value, 16 + 8 * index);
      }
      return bytes;
    }
  }
}

/** The 8-byte header of a DATA frame with a payload of `length` bytes, at most 2²⁴ − 1. */
export function encodeDataHeader(streamId: number, fin: boolean, length: number): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(streamId, 0);
  header.writeUInt32BE((((fin ? flagFin : 0) << 24) | length) >>> 0, 4);
  return header;
}
