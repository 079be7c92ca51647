// Makes the requests of the table to a side's kubelet, and reduces the answers to what is compared.
import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { until } from '@berth/test-support/until.ts';
import { type Json, normalised } from '../normalise.ts';
import { isMeasured, reducedBody, type Summary } from '../observe/answer.ts';
import { requestName, requests, type ServerRequest } from '../requests.ts';
import { certificateFiles } from './certificates.ts';
import type { SideNode } from './node.ts';

const timeoutMs = 15_000;
const mostBytes = 8 * 1024 ** 2;

/** The answers by the names of the requests, one after another. */
export async function answers({ dir }: SideNode): Promise<Record<string, Json>> {
  const measured = until('the pod of the requests is measured', async () => {
    const response = await fetch('http://127.0.0.1:10255/stats/summary');
    return response.ok && isMeasured((await response.json()) as Summary);
  });
  // The comparison tells what is not there.
  await measured.catch((error: Error) => console.log(error.message));
  const found: Record<string, Json> = {};
  for (const each of requests) {
    found[requestName(each)] = await answerTo(each, dir).catch((error: Error) => ({ failed: error.message }));
  }
  return found;
}

interface Answer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
}

async function answerTo(request: ServerRequest, dir: string): Promise<Json> {
  const { status, headers, body } = await send(request, dir);
  const compared = [
    'content-type',
    'location',
    'allow',
    'upgrade',
    'sec-websocket-protocol',
    'x-content-type-options',
    'www-authenticate',
  ];
  return normalised({
    status,
    headers: Object.fromEntries(compared.map((name) => [name, headers[name] ?? null])),
    body: reducedBody(body, request.compare),
  });
}

function send({ port, method = 'GET', path, headers = {} }: ServerRequest, dir: string): Promise<Answer> {
  const files = certificateFiles(dir);
  const credentials =
    port === 'secure' ? { cert: readFileSync(files.certificate), key: readFileSync(files.key) } : {};
  const isTls = port === 'secure' || port === 'anonymous';
  const numbers = { secure: 10_250, anonymous: 10_250, 'read-only': 10_255, healthz: 10_248 };
  const options = {
    host: '127.0.0.1',
    port: numbers[port],
    method,
    path,
    headers,
    timeout: timeoutMs,
    agent: false,
  };
  return new Promise((resolve, reject) => {
    const sent = isTls
      ? httpsRequest({ ...options, ...credentials, rejectUnauthorized: false })
      : httpRequest(options);
    sent.on('response', (response) => void read(response).then(resolve, reject));
    sent.on('upgrade', ({ statusCode = 0, headers: got }, socket) => {
      socket.destroy();
      resolve({ status: statusCode, headers: got, body: '' });
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', reject);
    sent.end();
  });
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > mostBytes) throw new Error('an answer without end');
  }
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(chunks).toString(),
  };
}
