/** A layer cannot be unpacked because of what is in it; the message names the entry or the limit. */
export class LayerError extends Error {
  override readonly name = 'LayerError';
}

/** A layer is larger than a limit that it was given. */
export class LayerLimitError extends LayerError {
  readonly limit: 'maxBytes' | 'maxFiles';

  constructor(limit: 'maxBytes' | 'maxFiles', message: string) {
    super(message);
    this.limit = limit;
  }
}
