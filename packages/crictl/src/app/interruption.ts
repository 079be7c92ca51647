// Ctrl-C and SIGTERM.

/** A signal that the first SIGINT or SIGTERM aborts; the second one exits at once. */
export function interruption(): AbortSignal {
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (abort.signal.aborted) process.exit(1);
      abort.abort();
    });
  }
  return abort.signal;
}
