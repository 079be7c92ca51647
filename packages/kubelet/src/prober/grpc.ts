// Runs a grpc probe: grpc.health.v1.Health/Check without TLS.
// https://github.com/grpc/grpc/blob/master/doc/health-checking.md

import { formatGoDuration } from '@berth/common/go-duration.ts';
import { joinHostPort } from '@berth/common/host-port.ts';
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { userAgent } from './http-request.ts';
import type { ProbeOutcome } from './outcome.ts';

const maxAnswerBytes = 64 * 1024;
const servingStatuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
const serving = 1;

/** Success when the server answers within `timeoutMs` that it serves `service` ('': the whole server). */
export async function probeGrpc(
  { host, port, service }: { host: string; port: number; service: string },
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<ProbeOutcome> {
  const address = joinHostPort(host, port);
  const deadline = Date.now() + timeoutMs;
  const client = new Client(address, credentials.createInsecure(), {
    'grpc.primary_user_agent': userAgent('probe'),
    'grpc.max_receive_message_length': maxAnswerBytes,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.enable_channelz': 0,
    'grpc.enable_retries': 0,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.use_local_subchannel_pool': 1,
  });
  const stop = () => client.close();
  signal?.addEventListener('abort', stop);
  const timeout = formatGoDuration(timeoutMs);
  const failure = (output: string): ProbeOutcome => ({ result: 'failure', output });
  try {
    const problem = await new Promise<Error | undefined>((resolve) => client.waitForReady(deadline, resolve));
    if (problem)
      return failure(
        `timeout: failed to connect service "${address}" within ${timeout}: context deadline exceeded`,
      );
    const answer = await check(client, service, deadline);
    if (answer === serving) return { result: 'success', output: 'service healthy' };
    return failure(`service unhealthy (responded with "${servingStatuses[answer] ?? answer}")`);
  } catch (error) {
    if (!isServiceError(error)) throw error;
    switch (error.code) {
      case status.UNIMPLEMENTED:
        return failure(
          `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${error.details}`,
        );
      case status.DEADLINE_EXCEEDED:
        return failure(`timeout: health rpc did not complete within ${timeout}`);
      default:
        return failure(`error: health rpc probe failed: ${error.message}`);
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    client.close();
  }
}

/** The number of the status in the answer. */
function check(client: Client, service: string, deadline: number): Promise<number> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      encodeRequest,
      decodeStatus,
      service,
      new Metadata(),
      { deadline },
      (error, answer) => (error ? reject(error) : resolve(answer ?? 0)),
    );
  });
}

function encodeRequest(service: string): Buffer {
  const writer = new BinaryWriter();
  if (service !== '') writer.uint32(10).string(service);
  return Buffer.from(writer.finish());
}

function decodeStatus(bytes: Buffer): number {
  const reader = new BinaryReader(bytes);
  let answer = 0;
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === 1 && wire === 0) answer = reader.int32();
    else reader.skip(wire);
  }
  return answer;
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error;
}
