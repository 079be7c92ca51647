// The requests that both kubelets get, and what of their answers is compared.

export interface ServerRequest {
  /** `secure` is 10250 with a client certificate, `anonymous` 10250 without one, `read-only` 10255. */
  port: 'secure' | 'anonymous' | 'read-only' | 'healthz';
  method?: string;
  path: string;
  headers?: Readonly<Record<string, string>>;
  /**
   * `text`: the body as it is; `structure`: paths and types of the JSON; `summary`: the same of statistics, without
   * those of other pods; `metrics`: families with their types and label names; `names`: the first word of each line;
   * `none`: status and headers alone.
   */
  compare: 'text' | 'structure' | 'summary' | 'metrics' | 'names' | 'none';
}

/** The pod that requests are about: cases/server.ts. */
export const targetName = 'server-00-node1';
const target = `default/${targetName}`;

const upgrade = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
};

const text = (path: string, more: Partial<ServerRequest> = {}): ServerRequest => ({
  port: 'secure',
  path,
  compare: 'text',
  ...more,
});

const onBoth = (request: ServerRequest): ServerRequest[] => [request, { ...request, port: 'read-only' }];

const logs = (query: string): ServerRequest => text(`/containerLogs/${target}/main${query}`);

export const requests: readonly ServerRequest[] = [
  ...[
    '/healthz',
    '/healthz/ping',
    '/healthz/log',
    '/healthz/syncloop',
    '/healthz?verbose',
    '/healthz/none',
    '/healthz/ping?verbose',
  ].flatMap((path) => onBoth(text(path))),
  text('/healthz', { port: 'healthz' }),
  text('/healthz/', { port: 'healthz' }),
  text('/pods', { port: 'healthz' }),
  ...onBoth(text('/pods', { compare: 'none' })),
  ...onBoth(text('/pods/', { compare: 'none' })),
  ...onBoth(text('/pods', { method: 'POST' })),
  ...onBoth(text('/pods', { method: 'DELETE' })),
  ...onBoth(text('/pods', { method: 'HEAD' })),
  text('/pods?x=y', { compare: 'none' }),
  ...onBoth(text('/runningpods/', { compare: 'structure' })),
  text('/runningpods', { compare: 'none' }),
  ...onBoth(text('/stats/summary', { compare: 'summary' })),
  ...onBoth(text('/stats/summary?only_cpu_and_memory=true', { compare: 'summary' })),
  text('/stats/summary', { method: 'POST', compare: 'none' }),
  text('/stats/', {}),
  text('/stats/container', {}),
  ...onBoth(text('/metrics', { compare: 'metrics' })),
  ...onBoth(text('/metrics/cadvisor', { compare: 'metrics' })),
  ...onBoth(text('/metrics/resource', { compare: 'metrics' })),
  ...onBoth(text('/metrics/probes', { compare: 'metrics' })),
  ...onBoth(text('/metrics/slis', { compare: 'metrics' })),
  ...onBoth(text('/metrics/none')),
  text('/metrics', { method: 'DELETE', compare: 'none' }),
  ...onBoth(text('/configz', { compare: 'text' })),
  ...onBoth(text('/statusz', { compare: 'names' })),
  ...onBoth(text('/flagz', { compare: 'names' })),
  ...onBoth(text('/')),
  ...onBoth(text('/none')),
  text('/spec/'),
  text('/allocatedPods', { compare: 'none' }),
  text('/checkpoint/default/none/main', { method: 'POST' }),
  text('/debug/pprof/', { compare: 'none' }),
  text('/debug/pprof/cmdline', { compare: 'none' }),
  text('/debug/flags/v', { compare: 'text' }),
  text('/debug/flags/v', { method: 'PUT' }),
  ...onBoth(text('/logs/', { compare: 'none' })),
  text('/logs/none'),
  ...[
    '',
    '?tailLines=2',
    '?tailLines=0',
    '?tailLines=-1',
    '?tailLines=x',
    '?limitBytes=10',
    '?limitBytes=0',
    '?limitBytes=x',
    '?sinceSeconds=1',
    '?sinceSeconds=100000',
    '?sinceSeconds=0',
    '?sinceTime=2020-01-01T00:00:00Z',
    '?sinceTime=x',
    '?sinceSeconds=1&sinceTime=2020-01-01T00:00:00Z',
    '?timestamps=true',
    '?timestamps=x',
    '?previous=true',
    '?follow=false',
    '?stream=Stdout',
    '?stream=Stderr',
    '?stream=All',
    '?stream=x',
    '?tailLines=1&stream=Stdout',
    '?unknown=1',
  ].map(logs),
  text('/containerLogs/default/server-00-node1/none'),
  text('/containerLogs/default/none/main'),
  text('/containerLogs/none/server-00-node1/main'),
  text('/containerLogs/default/server-00-node1'),
  text('/containerLogs/default/server-00-node1/main', { method: 'POST' }),
  text('/containerLogs/default/server-00-node1/main', { port: 'read-only' }),
  text('/containerLogs/default/server-00-node1/main', { port: 'anonymous' }),
  text(`/run/${target}/main?cmd=echo%20hello`, { method: 'POST' }),
  text(`/run/${target}/main?cmd=false`, { method: 'POST' }),
  text(`/run/${target}/main?cmd=none`, { method: 'POST', compare: 'none' }),
  text(`/run/${target}/main`, { method: 'POST', compare: 'none' }),
  text(`/run/${target}/none?cmd=true`, { method: 'POST' }),
  text(`/run/default/none/main?cmd=true`, { method: 'POST' }),
  text(`/run/${target}/main?cmd=true`, { method: 'GET' }),
  text(`/run/${target}/main?cmd=true`, { method: 'POST', port: 'anonymous' }),
  text(`/run/${target}/main?cmd=true`, { method: 'POST', port: 'read-only' }),
  text(`/exec/${target}/main?command=true&output=1`),
  text(`/exec/${target}/main?command=true`, { headers: upgrade }),
  text(`/exec/${target}/main?command=true&output=1`, {
    headers: { ...upgrade, 'sec-websocket-protocol': 'v4.channel.k8s.io' },
    compare: 'none',
  }),
  text(`/exec/${target}/main?command=true&output=1`, {
    headers: { ...upgrade, 'sec-websocket-protocol': 'v5.channel.k8s.io' },
    compare: 'none',
  }),
  text(`/exec/${target}/main?command=true&output=1`, {
    headers: { ...upgrade, 'sec-websocket-protocol': 'v9.channel.k8s.io' },
    compare: 'none',
  }),
  text(`/exec/${target}/none?command=true&output=1`),
  text(`/exec/default/none/main?command=true&output=1`),
  text(`/exec/${target}/main?command=true&output=1`, { method: 'PUT' }),
  text(`/attach/${target}/main?output=1`),
  text(`/attach/${target}/main`),
  text(`/attach/${target}/none?output=1`),
  text(`/portForward/${target}`),
  text(`/portForward/${target}`, { headers: { ...upgrade, 'sec-websocket-protocol': 'v4.channel.k8s.io' } }),
  text(`/portForward/${target}?port=8080`, {
    headers: { ...upgrade, 'sec-websocket-protocol': 'v4.channel.k8s.io' },
    compare: 'none',
  }),
  text('/portForward/default/none'),
  ...['/pods', '/metrics', '/healthz', '/none', '/stats/summary', '/exec/a/b/c', '/configz', '/logs/'].map(
    (path) => text(path, { port: 'anonymous' }),
  ),
];

/** What a request is called in reports. */
export function requestName({ port, method = 'GET', path, headers = {} }: ServerRequest): string {
  const protocol = headers['sec-websocket-protocol'] ?? (headers['upgrade'] ? 'no protocol' : undefined);
  return `request: ${port} ${method} ${path}${protocol === undefined ? '' : ` (WebSocket, ${protocol})`}`;
}
