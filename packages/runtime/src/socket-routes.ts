import type { RequestListener } from 'node:http';
import { routes } from '@berth/http/routes.ts';
import { importRoute } from './image/import.ts';
import { imageRoutes } from './image/own-routes.ts';
import { pullsRoute } from './image/pulls-route.ts';
import type { ImageService } from './image/service.ts';
import type { Metrics } from './observability/metrics.ts';
import { cpuProfileRoute, heapRoute } from './observability/profiling.ts';

/** The HTTP routes on berthd's socket, besides gRPC: images, metrics and profiles. */
export function socketRoutes(images: ImageService, metrics: Metrics): RequestListener {
  return routes({
    '/images/import': importRoute(images),
    ...imageRoutes(images),
    '/images/pulls': pullsRoute(images),
    '/metrics': metrics.route,
    '/debug/pprof/profile': cpuProfileRoute,
    '/debug/pprof/heap': heapRoute,
  });
}
