// What berthd's socket does with images beyond the CRI, over HTTP: save, tag, untag, prune. import.ts has the import.
import { messageOf } from '@berth/common/error-message.ts';
import { MalformedDocumentError } from '@berth/common/json/cursor.ts';
import { printable } from '@berth/common/printable.ts';
import { answer, type Route } from '@berth/http/routes.ts';
import { RuntimeError } from '../rpc/errors.ts';
import { sendArchive } from './export.ts';
import { pruneImages } from './prune.ts';
import { readJsonBody } from './request-body.ts';
import type { ImageService } from './service.ts';
import { tagImage, untagImage } from './tag.ts';

/**
 * The routes, each with one method. A request has a JSON object, and so has the answer, except that of an export. An
 * error is a text with status 400 (request), 404 (no such image), 409 (not in this state) or 500.
 */
export function imageRoutes(service: ImageService): Record<string, Route> {
  return {
    '/images/export': route('GET', (_request, response, url) =>
      sendArchive(service, url.searchParams, response),
    ),
    '/images/tag': route('POST', async (request, response) => {
      const body = await readJsonBody(request, ['image', 'name']);
      const tagged = await tagImage(service, body.field('image').string(), body.field('name').string());
      answerJson(response, tagged);
    }),
    '/images/untag': route('POST', async (request, response) => {
      const body = await readJsonBody(request, ['name']);
      answerJson(response, await untagImage(service, body.field('name').string()));
    }),
    '/images/prune': route('POST', async (request, response) => {
      const body = await readJsonBody(request, ['all']);
      const all = body.field('all').optional((it) => it.boolean()) ?? false;
      answerJson(response, await pruneImages(service, all ? 'unused' : 'dangling'));
    }),
  };
}

function route(method: string, handle: Route): Route {
  return async (request, response, url) => {
    if (request.method !== method) return answer(response, 405, `use ${method}\n`);
    try {
      await handle(request, response, url);
    } catch (error) {
      if (response.headersSent) throw error;
      answer(response, statusOf(error), `${printable(messageOf(error))}\n`);
    }
  };
}

function answerJson(response: Parameters<Route>[1], body: object): void {
  answer(response, 200, `${JSON.stringify(body)}\n`, 'application/json; charset=utf-8');
}

function statusOf(error: unknown): number {
  if (error instanceof MalformedDocumentError) return 400;
  const code = error instanceof RuntimeError ? error.criCode : undefined;
  return code === 'INVALID_ARGUMENT'
    ? 400
    : code === 'NOT_FOUND'
      ? 404
      : code === 'FAILED_PRECONDITION'
        ? 409
        : 500;
}
