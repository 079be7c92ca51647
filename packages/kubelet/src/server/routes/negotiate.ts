// Chooses the form of /statusz and /flagz by a request's Accept header, as Kubernetes' components do.

/** The form of an answer. */
export type Form = { format: 'text' } | { format: 'json' | 'yaml'; version: string };

const group = 'config.k8s.io';
const versions = ['v1beta1', 'v1alpha1'];

/** The Status of an answer that no form fits. */
export const notAcceptable = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'only the following media types are accepted: application/json, application/yaml, text/plain',
  reason: 'NotAcceptable',
  code: 406,
} as const;

/**
 * The first acceptable form, best quality first; undefined when there is none. JSON and YAML have to be asked for with
 * a version: `application/json;g=config.k8s.io;v=v1beta1;as=Statusz`.
 */
export function negotiate(accept: string | undefined, kind: string): Form | undefined {
  if (accept === undefined || accept.trim() === '') return { format: 'text' };
  const clauses = accept
    .split(',')
    .map(parseClause)
    .sort((a, b) => b.quality - a.quality);
  for (const { type, params, quality } of clauses) {
    if (quality === 0) continue;
    if (['text/plain', 'text/*', '*/*'].includes(type)) return { format: 'text' };
    const format = type === 'application/yaml' ? 'yaml' : type === 'application/json' ? 'json' : undefined;
    const version = params.get('v') ?? '';
    const isKnown = params.get('g') === group && params.get('as') === kind && versions.includes(version);
    if (format !== undefined && isKnown) return { format, version };
  }
  return undefined;
}

function parseClause(clause: string): { type: string; params: Map<string, string>; quality: number } {
  const [type = '', ...rest] = clause.split(';').map((part) => part.trim());
  const params = new Map(
    rest.map((part): [string, string] => {
      const at = part.indexOf('=');
      return at === -1 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
    }),
  );
  const quality = Number(params.get('q') ?? 1);
  return { type: type.toLowerCase(), params, quality: Number.isFinite(quality) ? quality : 1 };
}

/** Whether JSON is indented: for people, whose clients are known, unless `pretty` says otherwise. */
export function wantsIndentation(pretty: string | null, userAgent: string | undefined): boolean {
  if (pretty !== null) return pretty !== '0' && pretty.toLowerCase() !== 'false';
  return /^(curl|Wget|Mozilla\/5\.0)/.test(userAgent ?? '');
}
