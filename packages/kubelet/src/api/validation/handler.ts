// The rules for what a probe or hook does.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { check, type FieldError, forbidden, invalid, notSupported, required } from '../field-error.ts';
import { httpHeaderName, portName, portNumber } from '../names.ts';

/** An action of which exactly one has to be given. `protocol` and `mode` are newer than the types. */
export interface Handler {
  exec?: v1.ExecAction;
  httpGet?: v1.HTTPGetAction & { protocol?: string };
  tcpSocket?: v1.TCPSocketAction;
  grpc?: v1.GRPCAction & { mode?: string };
}

const kinds = ['exec', 'httpGet', 'tcpSocket', 'grpc'] as const;

/** What is wrong with a handler; none, or several, are wrong too. */
export function validateHandler(handler: Handler, path: string): FieldError[] {
  const [first, ...others] = kinds.filter((kind) => handler[kind] !== undefined);
  if (first === undefined) return [required(path, 'must specify a handler type')];
  const more = others.map((kind) => forbidden(`${path}.${kind}`, 'may not specify more than 1 handler type'));
  return [...validateAction(handler, `${path}.${first}`, first), ...more];
}

function validateAction(handler: Handler, path: string, kind: (typeof kinds)[number]): FieldError[] {
  switch (kind) {
    case 'exec':
      return (handler.exec?.command ?? []).length === 0 ? [required(`${path}.command`)] : [];
    case 'httpGet':
      return handler.httpGet ? validateHttpGet(handler.httpGet, path) : [];
    case 'tcpSocket':
      return handler.tcpSocket ? validatePort(handler.tcpSocket.port, `${path}.port`) : [];
    case 'grpc':
      return handler.grpc ? validateGrpc(handler.grpc, path) : [];
  }
}

function validateHttpGet(action: NonNullable<Handler['httpGet']>, path: string): FieldError[] {
  const { scheme = 'HTTP', protocol, host } = action;
  const errors: FieldError[] = [];
  if (!action.path) errors.push(required(`${path}.path`));
  errors.push(...validatePort(action.port, `${path}.port`));
  if (!['HTTP', 'HTTPS'].includes(scheme))
    errors.push(notSupported(`${path}.scheme`, scheme, ['HTTP', 'HTTPS']));
  for (const { name } of action.httpHeaders ?? []) check(errors, `${path}.httpHeaders`, name, httpHeaderName);
  if (protocol === undefined) return errors;
  if (!['HTTP1', 'HTTP2'].includes(protocol)) {
    errors.push(notSupported(`${path}.protocol`, protocol, ['HTTP1', 'HTTP2']));
  } else if (protocol === 'HTTP2' && scheme !== 'HTTP') {
    errors.push(invalid(`${path}.protocol`, protocol, 'is only supported with HTTP (H2C)'));
  } else if (protocol === 'HTTP2' && host) {
    errors.push(invalid(`${path}.host`, host, 'must be empty when `protocol` is "HTTP2"'));
  }
  return errors;
}

function validateGrpc({ port, mode }: NonNullable<Handler['grpc']>, path: string): FieldError[] {
  const errors = validatePort(port, `${path}.port`);
  if (mode !== undefined && !['Plaintext', 'TLS'].includes(mode)) {
    errors.push(notSupported(`${path}.mode`, mode, ['Plaintext', 'TLS']));
  }
  return errors;
}

/** A number of a port, or the name of a port of the container. */
function validatePort(port: number | string, path: string): FieldError[] {
  const problem = typeof port === 'number' ? portNumber(port) : portName(port);
  return problem ? [invalid(path, port, problem)] : [];
}
