// Asks a component whether it is ready.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

const timeoutMs = 2000;

/** What to ask: over TLS, or at a Unix socket. */
export type Question = { url: string; ca: string } | { socketPath: string; path: string };

/** Whether the answer is 200. Rejects when there is none. */
export function answersOk(question: Question): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const answered = (response: IncomingMessage) => {
      response.resume();
      resolve(response.statusCode === 200);
    };
    const sent =
      'url' in question
        ? httpsRequest(question.url, { ca: question.ca, agent: false, timeout: timeoutMs }, answered)
        : httpRequest({ ...question, agent: false, timeout: timeoutMs }, answered);
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', reject);
    sent.end();
  });
}
