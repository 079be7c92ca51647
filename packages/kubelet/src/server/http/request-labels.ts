// How kubelet_http_requests_total and its sisters label a request.

/** The labels of a request. */
export interface RequestLabels {
  method: string;
  /** First part of a path that is served, two parts below /metrics; `other` for the rest. */
  path: string;
  serverType: 'readonly' | 'readwrite';
  longRunning: boolean;
}

/** Told of each request when it begins; the result is called when it ends. */
export type RequestObserver = (labels: RequestLabels) => () => void;

const methods = new Set(['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'CONNECT']);
/** As the real kubelet spells them: `portForward` is a path, `portforward` is not. */
const longRunning = new Set(['exec', 'attach', 'portforward', 'debug']);

/** The labels of a request; `buckets` are the roots of the paths that the server serves. */
export function requestLabels(
  method: string,
  path: string,
  { buckets, serverType }: { buckets: ReadonlySet<string>; serverType: RequestLabels['serverType'] },
): RequestLabels {
  const [first = '', second] = path.replace(/^\//, '').split('/');
  const root = first === 'metrics' && second !== undefined ? `${first}/${second}` : first;
  const bucket = buckets.has(root) ? root : 'other';
  return {
    method: methods.has(method) ? method : 'other',
    path: bucket,
    serverType,
    longRunning: longRunning.has(bucket),
  };
}
