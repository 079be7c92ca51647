/**
 * An esbuild plugin: takes OpenTelemetry's gRPC exporter as CommonJS. Its ESM build loads @grpc/grpc-js by a
 * require() that esbuild does not see, so that the bundle would have one and node_modules another, whose
 * objects the first refuses.
 */
export const exporterAsCommonJs = {
  name: 'exporter-as-commonjs',
  setup(build) {
    build.onResolve({ filter: /^@opentelemetry\/exporter-trace-otlp-grpc$/ }, ({ path, resolveDir, kind }) =>
      kind === 'require-call' ? undefined : build.resolve(path, { resolveDir, kind: 'require-call' }),
    );
  },
};
