// The streaming server's certificate files, renewed while it serves.
import { readTlsFiles, TlsFiles, type TlsPaths, tlsFileNames } from '@berth/http/tls-files.ts';
import type { StreamingTls } from '@berth/streaming/server/streaming-runtime.ts';
import type { Config } from '../config/config.ts';
import type { Logger } from '../logging/log.ts';
import { messageWithCauses } from '../rpc/errors.ts';

type StreamingConfig = Pick<Config['streaming'], 'certFile' | 'keyFile' | 'clientCaFile'>;

/** Certificate, key and client authorities from the files; undefined when none are set. */
export async function readTls(config: StreamingConfig): Promise<StreamingTls | undefined> {
  const paths = pathsOf(config);
  return paths && (await readTlsFiles(paths));
}

/** Keeps the server's certificate up to date. `current` is in use; `renew` throws for unusable files. */
export function watchTls(
  config: StreamingConfig,
  { current, renew, log }: { current: StreamingTls; renew: (tls: StreamingTls) => void; log: Logger },
): Disposable | undefined {
  const paths = pathsOf(config);
  return (
    paths &&
    new TlsFiles(tlsFileNames(paths), {
      read: () => readTlsFiles(paths),
      current,
      renew,
      onRenewed: () => log.info("Took on the streaming server's new certificate", { file: paths.certFile }),
      onUnusable: (error) =>
        log.warning(
          `The streaming server's new certificate cannot be used, and the old one stays in use: ${messageWithCauses(error)}`,
          { certFile: paths.certFile, keyFile: paths.keyFile },
        ),
      onWatchFailed: (error, dir) =>
        log.error(`Watching the streaming server's certificates failed: ${messageWithCauses(error)}`, {
          dir,
        }),
    })
  );
}

function pathsOf({ certFile, keyFile, clientCaFile }: StreamingConfig): TlsPaths | undefined {
  return certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile, clientCaFile };
}
