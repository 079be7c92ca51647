// Keeps status messages that begin or end with a space, as Go's gRPC sends them: containerd has some. node:http2 drops
// such a header field (RFC 9113, 8.2.1), and an error without any text would be left; grpc-js cannot pass the option.
import http2 from 'node:http2';

/** Lets sessions that this process opens from now on receive such fields. */
export function keepFieldWhitespace(): void {
  const { connect } = http2;
  const lenient = (authority: string | URL, options?: object, listener?: () => void) =>
    connect(authority, { strictFieldWhitespaceValidation: false, ...options }, listener);
  Object.assign(http2, { connect: lenient });
}
