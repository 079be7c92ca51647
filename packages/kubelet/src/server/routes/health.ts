// /healthz and a path for each check, in the form of Kubernetes' components.
import { createLogger } from '../../klog/klog.ts';
import { respond, respondError, respondText } from '../http/respond.ts';
import type { Route, RouteHandler } from '../http/routes.ts';

const log = createLogger('health.ts');

/** One check of the kubelet's health. */
export interface HealthCheck {
  name: string;
  /** What is wrong; undefined when nothing is. */
  check(): string | undefined;
}

/** Always healthy: the process answers. */
const ping: HealthCheck = { name: 'ping', check: () => undefined };

/** As `ping`: log lines are written before anything else happens, so that a blocked log blocks the answer too. */
const logCheck: HealthCheck = { name: 'log', check: () => undefined };

/** The checks of the kubelet's server: why pods are not synchronized, and why no device plugin can register. */
export function kubeletChecks(
  problem: HealthCheck['check'],
  devicePluginProblem: HealthCheck['check'],
): readonly HealthCheck[] {
  return [
    ping,
    logCheck,
    { name: 'syncloop', check: problem },
    { name: 'device-plugin', check: devicePluginProblem },
  ];
}

/** The checks of the health port, which tell that the process is there. */
export const pingOnly: readonly HealthCheck[] = [ping];

/** What is told of each check that /healthz runs. */
export type OnHealthCheck = (name: string, isHealthy: boolean) => void;

/** /healthz and /healthz/NAME of each check. */
export function healthRoutes(checks: readonly HealthCheck[], onCheck: OnHealthCheck): Route[] {
  const handlers: [path: string, handler: RouteHandler][] = [
    ['/healthz', allChecks(checks, onCheck)],
    ...checks.map(({ name, check }): [string, RouteHandler] => [`/healthz/${name}`, oneCheck(check)]),
  ];
  return handlers.map(([path, handler]) => ({ methods: 'any', path, handler }));
}

function allChecks(checks: readonly HealthCheck[], onCheck: OnHealthCheck): RouteHandler {
  return (_request, response, { query }) => {
    const excluded = new Set(query.getAll('exclude'));
    const lines: string[] = [];
    const problems: string[] = [];
    for (const { name, check } of checks) {
      if (excluded.delete(name)) {
        lines.push(`[+]${name} excluded: ok`);
        continue;
      }
      const problem = check();
      onCheck(name, problem === undefined);
      if (problem !== undefined) problems.push(`[-]${name} failed: ${problem}`);
      // Everybody may ask: the reason is only logged, and told at the path of the check.
      lines.push(problem === undefined ? `[+]${name} ok` : `[-]${name} failed: reason withheld`);
    }
    if (excluded.size > 0) {
      const names = [...excluded].sort().map((name) => JSON.stringify(name));
      lines.push(`warn: some health checks cannot be excluded: no matches for ${names.join(',')}`);
    }
    if (problems.length > 0) {
      log.v(2, 'healthz check failed', { problems: problems.join('; ') });
      respondError(response, 500, [...lines, 'healthz check failed'].join('\n'));
      return;
    }
    const text = query.has('verbose') ? `${[...lines, 'healthz check passed'].join('\n')}\n` : 'ok';
    respond(response, 200, text, {
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
  };
}

function oneCheck(check: HealthCheck['check']): RouteHandler {
  return (_request, response) => {
    const problem = check();
    if (problem === undefined) respondText(response, 200, 'ok');
    else respondError(response, 500, `internal server error: ${problem}`);
  };
}
