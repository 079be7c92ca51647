// /configz, /statusz and /flagz: what the kubelet is, in the forms of Kubernetes' components.

import type { ServerResponse } from 'node:http';
import { goYaml, type Json } from '@berth/go-yaml/print.ts';
import { respond } from '../http/respond.ts';
import type { Route, RouteHandler } from '../http/routes.ts';
import { negotiate, notAcceptable, wantsIndentation } from './negotiate.ts';

/** What these pages show. */
export interface Published {
  /** A KubeletConfiguration. */
  configuration: Readonly<Record<string, unknown>>;
  /** The value of every flag. */
  flags: Readonly<Record<string, string>>;
  /** The Kubernetes release, without `v` and without build metadata: `1.37.0`. */
  release: string;
  startedAt: Date;
}

/** /configz: the configuration in effect. */
export function configzRoute({ configuration }: Pick<Published, 'configuration'>): Route {
  const json = JSON.stringify({ kubeletconfig: configuration });
  return {
    methods: 'any',
    path: '/configz',
    handler: (_request, response) =>
      respond(response, 200, json, {
        'content-type': 'application/json',
        'x-content-type-options': 'nosniff',
      }),
  };
}

/** /flagz: the flags. */
export function flagzRoute({ flags }: Pick<Published, 'flags'>): Route {
  const lines = Object.entries(flags).map(([name, value]) => `${name}=${value}\n`);
  return {
    methods: 'any',
    path: '/flagz',
    handler: page('Flagz', () => ({ fields: { flags: { ...flags } }, text: lines.join('') })),
  };
}

/** /statusz: version, age, and the first parts of all paths that plain handlers serve. */
export function statuszRoute(
  { release, startedAt }: Pick<Published, 'release' | 'startedAt'>,
  paths: readonly string[],
): Route {
  const emulated = release.split('.').slice(0, 2).join('.');
  // There is no Go here: what runs the kubelet in its place.
  const engine = `node${process.versions.node}`;
  const roots = [...new Set(paths.map((path) => `/${path.split('/')[1]}`))].sort();
  const status = () => {
    const seconds = Math.max(0, Math.floor((Date.now() - startedAt.getTime()) / 1000));
    const two = (value: number): string => String(value).padStart(2, '0');
    const up = `${Math.floor(seconds / 3600)} hr ${two(Math.floor(seconds / 60) % 60)} min ${two(seconds % 60)} sec`;
    const lines = [
      ['Started', unixDate(startedAt)],
      ['Up', up],
      ['Go version', engine],
      ['Binary version', release],
      ['Emulation version', emulated],
      ['Paths', roots.join(' ')],
    ];
    return {
      fields: {
        startTime: startedAt.toISOString().replace(/\.\d+/, ''),
        uptimeSeconds: seconds,
        goVersion: engine,
        binaryVersion: release,
        emulationVersion: emulated,
        paths: roots,
      },
      text: `\n${lines.map(([name, value]) => `${name}: ${value}\n`).join('')}`,
    };
  };
  return { methods: 'any', path: '/statusz', handler: page('Statusz', status) };
}

/** Serves an object of the group config.k8s.io, as text unless asked for something else. */
function page(kind: string, content: () => { fields: Record<string, Json>; text: string }): RouteHandler {
  return (request, response, { query }) => {
    const form = negotiate(request.headers.accept, kind);
    const isIndented = wantsIndentation(query.get('pretty'), request.headers['user-agent']);
    if (form === undefined) {
      sendJson(response, 406, notAcceptable, 'application/json', isIndented);
      return;
    }
    const { fields, text } = content();
    if (form.format === 'text') {
      const warning =
        'Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.';
      respond(response, 200, `\nkubelet ${kind.toLowerCase()}\n${warning}\n${text}`, {
        'content-type': 'text/plain; charset=utf-8',
      });
      return;
    }
    const { version, format } = form;
    if (version === 'v1alpha1') {
      const what = `${kind.toLowerCase()} endpoint is deprecated. Please use a newer version.`;
      response.setHeader('warning', `299 - "This version of the ${what}"`);
    }
    const apiVersion = `config.k8s.io/${version}`;
    const object: Json = { kind, apiVersion, metadata: { name: 'kubelet' }, ...fields };
    const type = `application/${format};g=config.k8s.io;v=${version};as=${kind}`;
    if (format === 'json') sendJson(response, 200, object, type, isIndented);
    else respond(response, 200, goYaml(object), { 'content-type': type });
  };
}

function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  type: string,
  isIndented: boolean,
): void {
  const text = isIndented ? JSON.stringify(value, undefined, 2) : `${JSON.stringify(value)}\n`;
  respond(response, status, text, { 'content-type': type });
}

/** Go's time.UnixDate: `Sun Nov 29 15:05:11 UTC 2026`. */
function unixDate(date: Date): string {
  const [, day = '', ofMonth = '', month = '', year = '', clock = ''] =
    /^(\w+), (\d+) (\w+) (\d+) (\S+) GMT$/.exec(date.toUTCString()) ?? [];
  return `${day} ${month} ${String(Number(ofMonth)).padStart(2)} ${clock} UTC ${year}`;
}
